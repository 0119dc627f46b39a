"""From packs to verdicts: expansion, closed-loop execution, scoring, the gate, and two front ends."""
