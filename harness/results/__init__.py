"""What a run leaves behind: record, journal, manifest, run folder, identity, fingerprint."""
