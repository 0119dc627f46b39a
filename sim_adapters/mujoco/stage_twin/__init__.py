"""OpenUSD stages as MuJoCo models."""
