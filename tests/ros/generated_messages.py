"""Message packages that the registry has no wheel of, made by ROS's own generators of their definitions.

Run by the Python of ``.ros``: ``python generated_messages.py FOLDER``; FOLDER is then one for PYTHONPATH, FOLDER/lib for LD_LIBRARY_PATH.
"""

import pathlib
import shutil
import subprocess
import sys
import sysconfig

import numpy

DEFINITIONS = {
    "tf2_msgs": {"TFMessage": "geometry_msgs/TransformStamped[] transforms"},
    "vision_msgs": {
        "Point2D": "float64 x\nfloat64 y",
        "Pose2D": "vision_msgs/Point2D position\nfloat64 theta",
        "BoundingBox2D": "vision_msgs/Pose2D center\nfloat64 size_x\nfloat64 size_y",
        "ObjectHypothesis": "string class_id\nfloat64 score",
        "ObjectHypothesisWithPose": "ObjectHypothesis hypothesis\ngeometry_msgs/PoseWithCovariance pose",
        "Detection2D": "std_msgs/Header header\nObjectHypothesisWithPose[] results\nBoundingBox2D bbox\nstring id",
        "Detection2DArray": "std_msgs/Header header\nDetection2D[] detections",
    },
}
"""Of tf2_msgs, and of vision_msgs 4 (Humble and later)."""
_NEEDED = ("geometry_msgs", "std_msgs", "builtin_interfaces")
_OF_EACH = ("rosidl_generator_c", "rosidl_generator_py", "rosidl_typesupport_c", "rosidl_typesupport_fastrtps_c",
            "rosidl_typesupport_introspection_c")  # fmt: skip
_FOUND_BY_NAME = ["rosidl_typesupport_fastrtps_c", "rosidl_typesupport_introspection_c"]
_LIBRARIES = (
    "rosidl_runtime_c", "rosidl_typesupport_c", "rosidl_typesupport_fastrtps_c", "rosidl_typesupport_fastrtps_cpp",
    "rosidl_typesupport_introspection_c",
    "fastcdr", "rmw", "rcutils",
)  # fmt: skip


def generate(package, folder, work):
    """Code in C and Python of a package's messages."""
    from rosidl_adapter.msg import convert_msg_to_idl
    from rosidl_generator_c.cli import GenerateC
    from rosidl_generator_py.cli import GeneratePython
    from rosidl_typesupport_c.cli import GenerateCTypesupport
    from rosidl_typesupport_fastrtps_c.cli import GenerateFastRTPSCTypesupport
    from rosidl_typesupport_introspection_c.cli import GenerateIntrospectionCTypesupport

    (work / package / "msg").mkdir(parents=True)
    files = []
    for name, text in DEFINITIONS[package].items():
        (work / package / "msg" / f"{name}.msg").write_text(f"{text}\n")
        here = pathlib.Path("msg") / f"{name}.msg"
        convert_msg_to_idl(work / package, package, here, work / "idl" / package / "msg")
        files.append(f"{work / 'idl' / package}:msg/{name}.idl")
    code = work / "code" / package
    code.mkdir(parents=True)
    told = package, files, [f"{sys.prefix}/share"], code
    GenerateC("").generate(*told)
    GenerateFastRTPSCTypesupport("").generate(*told)
    GenerateIntrospectionCTypesupport("").generate(*told)
    GenerateCTypesupport("", typesupport_implementations=_FOUND_BY_NAME).generate(*told)
    GeneratePython("", typesupport_implementations=["rosidl_typesupport_c"]).generate(*told)
    (folder / package / "msg").mkdir(parents=True)
    (folder / package / "__init__.py").touch()
    for path in (code / "msg").glob("*.py"):
        shutil.copy(path, folder / package / "msg")
    return code


def build(package, folder, code):
    """Everything in C as the one extension that the package's Python imports."""
    include = pathlib.Path(sys.prefix, "include")
    places = [include, *(path for path in include.iterdir() if path.is_dir()), code.parent]
    places += [sysconfig.get_path("include"), numpy.get_include()]
    common = ["-O0", "-fPIC", "-w", *(f"-I{place}" for place in places)]
    # Those in C++ include the same large headers: as one file they are read once.
    whole = code / "whole.cpp"
    whole.write_text("".join(f'#include "{path}"\n' for path in sorted(code.rglob("*.cpp"))))
    objects = []
    for source in (*code.rglob("*.c"), whole):
        objects.append(f"{source}.o")
        compiler = ["gcc"] if source.suffix == ".c" else ["g++", "-std=c++17"]
        subprocess.run([*compiler, "-c", source, "-o", objects[-1], *common], check=True)
    names = [f"{needed}__{one}" for needed in _NEEDED for one in _OF_EACH] + list(_LIBRARIES)
    made = f"{package}_s__rosidl_typesupport_c{sysconfig.get_config_var('EXT_SUFFIX')}"
    linked = [f"-L{sys.prefix}/lib", f"-Wl,-rpath,{sys.prefix}/lib", *(f"-l{name}" for name in names)]
    subprocess.run(["g++", "-shared", "-o", folder / package / made, *objects, *linked], check=True)
    (folder / "lib").mkdir(exist_ok=True)
    for name in _FOUND_BY_NAME:
        (folder / "lib" / f"lib{package}__{name}.so").symlink_to(folder / package / made)


if __name__ == "__main__":
    where = pathlib.Path(sys.argv[1])
    for each in DEFINITIONS:
        build(each, where, generate(each, where, where / "work"))
