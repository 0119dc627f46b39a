"""``simgate ros``: a variant's recording as a bag of ROS 2, or played onto topics."""

from __future__ import annotations

import argparse
from pathlib import Path

HELP = "write a variant's recording as a bag of ROS 2, or play it onto topics"


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    parser.add_argument(
        "what", choices=("bag", "publish"), help="write a rosbag2 folder, or play onto topics"
    )
    parser.add_argument("run_dir", type=Path, metavar="RUN", help="folder of a run")
    parser.add_argument("variant", metavar="VARIANT", help="for example glass_door_closed::v0007")
    parser.add_argument(
        "--out", type=Path, metavar="FOLDER", help="bag: folder to write (default: <variant>)"
    )
    parser.add_argument(
        "--rate", type=float, default=1.0, metavar="N", help="publish: times real time (default: 1)"
    )
    parser.add_argument(
        "--wait",
        type=float,
        default=5.0,
        metavar="S",
        help="publish: longest wait for who listens (default: 5)",
    )
    parser.add_argument(
        "--python", default="python3", metavar="FILE", help="publish: interpreter that has rclpy"
    )
    parser.add_argument(
        "--setup", default="", metavar="FILE", help="publish: file that a shell sources first"
    )


def run(args: argparse.Namespace) -> int:
    """Runs the command; returns 0 when all is written or published."""
    from simgate.harness.execution.episode.recordings.kept_recording import NoRecording, recording_of
    from simgate.harness.execution.episode.recordings.ros.bag import write_bag
    from simgate.harness.execution.hosts.assignment import file_stem
    from simgate.harness.frontend.user_errors import UserError, as_user_errors
    from simgate.policies.ros.link import RosFailed
    from simgate.sim_adapters.printable import printable

    if not args.rate > 0:
        raise UserError(f"--rate {args.rate:g}: must be more than 0")
    with as_user_errors():
        try:
            path = recording_of(args.run_dir, args.variant)[0]
            if args.what == "publish":
                return _publish(path, args)
            out = args.out or Path(file_stem(args.variant))
            counts = write_bag(path, out)
        except (NoRecording, RosFailed, ValueError, FileExistsError) as error:
            raise UserError(str(error)) from None
        except ImportError as error:
            raise UserError(f"{args.what} needs {error.name}: pip install 'simgate[logs]'") from None
    print(f"{printable(str(out))}: {sum(counts.values())} messages")
    for topic, count in counts.items():
        print(f"  {printable(topic)}  {count}")
    return 0


def _publish(path: Path, args: argparse.Namespace) -> int:
    from simgate.harness.execution.episode.recordings.ros.bag import timed
    from simgate.harness.execution.episode.recordings.ros.cdr import Cdr
    from simgate.policies.ros.player import play

    cdr = Cdr()
    topics = dict(sorted({one.topic: one.kind for one in timed(path)}.items()))
    messages = ((one.stamp_ns, one.topic, cdr.packed(one.kind, one.values)) for one in timed(path))
    count = play(topics, messages, python=args.python, setup=args.setup, rate=args.rate, wait_s=args.wait)
    print(f"{count} messages published")
    return 0
