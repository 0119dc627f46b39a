"""MuJoCo Warp: hundreds of worlds of a robot on its own joints in one simulation, on a GPU or a CPU.

Each world is compiled as the mujoco adapter compiles it. What is compiled goes into one model with a row for
each world (:mod:`.merged`), which is stepped as one (:mod:`.simulation`) and drawn as one (:mod:`.camera`).
"""
