"""How the gate writes: numbers, rules, and a verdict as text."""
