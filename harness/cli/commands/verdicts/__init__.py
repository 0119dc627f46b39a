"""Commands about what runs have shown: verdicts, comparisons, reports, evidence."""
