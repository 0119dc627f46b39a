"""What stands behind the double of Isaac Sim's API: real OpenUSD stages, real PhysX, pictures by MuJoCo.

Not part of NVIDIA's API. The packages ``isaacsim`` and ``omni`` beside this one have just the names that the
adapter uses, with the contract's signatures; what they do is here.
"""
