"""One world's node, and all that is said to it and by it.

It starts the node, plays each tick (``/clock`` and messages in, answers out), and ends the node with itself.
"""

from __future__ import annotations

import os
import select
import socket
import sys
import time
from typing import Any

from .deadline import Deadline
from .fields import Failed, stamp_of
from .identity import parameters_of, program_of, version_of
from .process import Judged
from .starting import activate, call
from .timekeepers import timekeepers
from .topics import Input, Output

_POLL_S = 0.02
_IDLE_S = 0.002
_ACK_POLL_S = 0.0005
_GRACE_S = 2.0
_CLOCK_GRACE_S = 10.0
"""For /clock, once all else is there: a node listens to it from its making on, or never."""
_CLOCK = {
    "topic": "/clock",
    "type": "rosgraph_msgs/msg/Clock",
    "qos": {"reliability": "reliable", "durability": "volatile"},
}


class Bridge:
    """One world's node and all that is said to it.

    Args:
        sock: simgate's end.
        told: What :class:`simgate.policies.ros.link.RosLink` sends.
    """

    def __init__(self, sock: socket.socket, told: dict[str, Any]) -> None:
        self._sock = sock
        if os.environ.get("ROS_DISTRO") == "humble":  # It knows no ROS_AUTOMATIC_DISCOVERY_RANGE.
            os.environ["ROS_LOCALHOST_ONLY"] = "1"
        self.judged = Judged(told["launch"], told["folder"])
        try:
            self._open(told)
            deadline = Deadline(told["start_timeout_s"], "start_timeout_s")
            activate(self, told["lifecycle"], deadline)
            self._match(deadline)
            is_asked = self._clock.needed and not self._lag and not self.realtime
            self._timekeepers = timekeepers(self, deadline) if is_asked else {}
        except BaseException:
            self.judged.end()
            raise

    def _open(self, told: dict[str, Any]) -> None:
        try:
            import rclpy
        except ImportError as error:
            hint = "`python:` names that of a ROS installation, `setup:` a file to source first"
            raise Failed(f"{sys.executable} cannot import rclpy ({error}); {hint}") from None
        from rclpy.executors import SingleThreadedExecutor

        self._rclpy = rclpy
        rclpy.init(args=["--ros-args", "--log-level", "fatal"])
        self.node = rclpy.create_node("simgate_bridge", enable_rosout=False, start_parameter_services=False)
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(self.node)
        self._unlike: dict[Input | Output, str] = {}
        self._mismatched: dict[Input | Output, float] = {}
        self._clock = Input(self, _CLOCK, told["sim_time"])
        self._inputs = [Input(self, one) for one in told["publish"]]
        self._outputs = [Output(self, one) for one in told["subscribe"]]
        self._clock_first, self._lag = told["clock"] == "first", told["lag_ticks"]
        self.realtime = told["realtime"]
        self._published: dict[int, float] = {}
        self._begun = 0.0
        self._timeout_s = told["timeout_s"]
        self._launch, self._folder = told["launch"], told["folder"]
        self._ticks: list[int] = []
        self.clients: list[Any] = []

    def events(self, end: str, of: Input | Output) -> Any:
        """What is to be known of a publisher or subscription besides its messages."""
        try:
            from rclpy import event_handler
        except ImportError:  # Humble.
            from rclpy import qos_event as event_handler

        def mismatch(event: Any) -> None:
            kind = getattr(event.last_policy_kind, "name", event.last_policy_kind)
            self._unlike[of] = str(kind).lower().rpartition("policy_")[2]

        def lost(event: Any) -> None:
            assert isinstance(of, Output)
            of.lost += event.total_count_change

        also = {"message_lost": lost} if end == "Subscription" else {}
        return getattr(event_handler, f"{end}EventCallbacks")(
            incompatible_qos=mismatch, use_default_callbacks=False, **also
        )

    def spin(self) -> None:
        """Takes in a little of what has come; ends with simgate."""
        try:
            if self._sock.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b"":
                raise EOFError
        except BlockingIOError:
            pass
        self._executor.spin_once(timeout_sec=_POLL_S)

    def _match(self, deadline: Deadline) -> None:
        """Waits until every topic has both its ends."""
        known: list[Input | Output] = [self._clock, *self._inputs, *self._outputs]
        ends = [end for end in known if end.needed]
        whole = time.monotonic()
        while lacking := [end for end in ends if not end.matched()]:
            self.judged.check("before its topics were there")
            now = time.monotonic()
            for end in lacking:
                if (why := self._mismatch(end)) and now - self._mismatched.setdefault(end, now) > _GRACE_S:
                    raise Failed(f"{why}{self.judged.last}")
            if lacking != [self._clock]:
                whole = now
            elif now - whole > _CLOCK_GRACE_S:
                raise Failed(f"{self._absence(self._clock)}{self.judged.last}")
            if deadline.is_over:
                why = "; ".join(map(self._absence, lacking))
                raise Failed(f"{why}, within {deadline}{self.judged.last}")
            self.spin()

    def _mismatch(self, end: Input | Output) -> str:
        """What keeps the node's end of a topic from ours; empty where the node has none yet."""
        find = "get_subscriptions_info_by_topic" if isinstance(end, Input) else "get_publishers_info_by_topic"
        types = {info.topic_type for info in getattr(self.node, find)(end.topic)}
        if types - {end.type}:
            return f"the node has {end.topic} as {', '.join(sorted(types))}, the pack as {end.type}"
        if end in self._unlike:
            ours = "qos: beside the topic must be as the node has it"
            return (
                f"the quality of service of {end.topic} ({self._unlike[end]}) is not that of the node; {ours}"
            )
        return ""

    def _absence(self, end: Input | Output) -> str:
        if end is self._clock:
            remedy = "start it with --ros-args -p use_sim_time:=true, or write sim_time: false"
            return f"no node listened to /clock: {remedy}"
        return f"no node {'listened to' if isinstance(end, Input) else 'published'} {end.topic}"

    def tick(self, stamp: int, messages: list[Any]) -> list[Any]:
        """Plays one tick.

        Args:
            stamp: Nanoseconds.
            messages: Number of the input, its fields, stamp and frame.

        Returns:
            For each output its fields or None, and the wall-clock seconds until it came.
        """
        if self.realtime:
            return self._tick_on(stamp, messages)
        self.settle()
        if self._ticks and not self._clock_first:
            self._reach(self._ticks[-1])
        self._ticks.append(stamp)
        begun = time.monotonic()
        if self._clock_first:
            self._tell_time(stamp)
            self._reach(stamp)
        for number, fields, own, frame in messages:
            self._inputs[number].send(fields, own, frame)
        self._deliver(list(dict.fromkeys(message[0] for message in messages)), stamp)
        if not self._clock_first:
            self._tell_time(stamp)
        self._wait(stamp)
        return [output.taken(begun) for output in self._outputs]

    def _tick_on(self, stamp: int, messages: list[Any]) -> list[Any]:
        """Gives the node what is new, and takes what it has said until now; waits for nothing."""
        self._take_in()
        self.judged.check(f"at {stamp * 1e-9:.3f} s")
        now = time.monotonic()
        answers = [self._newest(output) for output in self._outputs]
        if not self._ticks:
            self._begun = now
        oldest = min((output.last_came for output in self._outputs if output.needed), default=now)
        if now - max(oldest, self._begun) > self._timeout_s:
            silent = min((one for one in self._outputs if one.needed), key=lambda one: one.last_came).topic
            raise Failed(f"the node did not answer on {silent} for {self._deadline()}{self.judged.last}")
        self._ticks.append(stamp)
        self._published[stamp] = now
        if self._clock_first:
            self._tell_time(stamp)
        for number, fields, own, frame in messages:
            self._inputs[number].send(fields, own, frame)
        if not self._clock_first:
            self._tell_time(stamp)
        return answers

    def _newest(self, output: Output) -> tuple[dict[str, Any] | None, float]:
        """The last message of a topic since the last tick, and how long after what it answers to it came."""
        if output.lost:
            raise Failed(f"the middleware lost {output.lost} messages of {output.topic}")
        if not output.came:
            return None, 0.0
        message, came = output.came[-1]
        output.came.clear()
        if not self._ticks:
            return None, 0.0  # Said of nothing that it was shown.
        stamp = stamp_of(message) if output.stamped else None
        # Nobody stamps by exactly our ticks: the newest one that the message may have seen. What has a stamp
        # of before the first tick, 0 where a node sets none, says nothing by it.
        known = [told for told in self._ticks if self._published[told] <= came]
        seen = [told for told in known if stamp is None or told <= stamp] or known
        begun = self._published[seen[-1]]
        output.answer, output.last_came = (message, came), came
        return output.taken(begun)

    def _take_in(self) -> None:
        for _ in range(2 * len(self._outputs) + 2):
            self._executor.spin_once(timeout_sec=0)

    def idle(self) -> None:
        """Takes in what comes until simgate speaks, so that each message has its own time."""
        while not select.select([self._sock], [], [], 0)[0]:
            self._executor.spin_once(timeout_sec=_IDLE_S)

    def call(self, calls: list[dict[str, Any]]) -> None:
        """Calls services and sends goals, one after the other."""
        for one in calls:
            call(self, one, self._deadline())

    def settle(self) -> None:
        """Takes in what is still to come of the last tick, which would be taken for an answer to the next."""
        self._take_in()
        if not self.realtime:
            self._judge()

    def _deadline(self) -> Deadline:
        return Deadline(self._timeout_s, "timeout_s")

    def _reach(self, stamp: int) -> None:
        """Until the nodes are at a time: else a message after it may overtake a timer that it makes due."""
        if not self._timekeepers:
            return
        deadline, at = self._deadline(), f"at {stamp * 1e-9:.3f} s"
        asked: dict[str, Any] | None = None
        while asked is None or not all(answer.done() for answer in asked.values()):
            if asked is None and self._clock.is_taken():
                asked = {name: ask() for name, ask in self._timekeepers.items()}
            self._executor.spin_once(timeout_sec=_ACK_POLL_S)
            self._judge()
            self.judged.check(f"when it was given /clock {at}")
            if deadline.is_over:
                late = [name for name, answer in (asked or {}).items() if not answer.done()]
                who = f"the node {' and '.join(late)}" if late else "the node"
                hint = "does it wait for simulated time? write lag_ms:"
                raise Failed(f"{who} did not take /clock {at} within {deadline}; {hint}{self.judged.last}")

    def _tell_time(self, stamp: int) -> None:
        sec, nanosec = divmod(stamp, 10**9)
        self._clock.send({"clock.sec": sec, "clock.nanosec": nanosec})

    def _deliver(self, numbers: list[int], stamp: int) -> None:
        """Until the node has what was published, so that /clock does not come before it.

        Answers are taken in meanwhile, each with its own time: Fast DDS acknowledges 5 ms after a message.
        An answer to the only message says as much.
        """
        deadline = self._deadline()
        left = [self._inputs[number] for number in numbers]
        while left := [one for one in left if not one.is_taken()]:
            self._executor.spin_once(timeout_sec=_ACK_POLL_S)
            self._judge()
            answered = all(output.answer is not None for output in self._outputs if output.needed)
            if answered and len(numbers) == 1:
                return
            self.judged.check(f"when it was given {left[0].topic} at {stamp * 1e-9:.3f} s")
            if deadline.is_over:
                raise Failed(f"the node did not take {left[0].topic} within {deadline}{self.judged.last}")

    def _wait(self, stamp: int) -> None:
        deadline = self._deadline()
        awaited = [output for output in self._outputs if output.needed and len(self._ticks) > self._lag]
        at = f"at {stamp * 1e-9:.3f} s"
        while True:
            self._judge()
            missing = next((output for output in awaited if output.answer is None), None)
            if missing is None:
                return
            self.judged.check(f"when it was to answer on {missing.topic} {at}")
            if not missing.matched():
                raise Failed(f"the node left {missing.topic} {at}{self.judged.last}")
            if deadline.is_over:
                old = missing.stale
                why = "" if old is None else f", only with the stamp {old * 1e-9:.9f} s, which is before it"
                raise Failed(
                    f"the node did not answer on {missing.topic} {at} within {deadline}{why}"
                    f"{self.judged.last}"
                )
            self.spin()

    def _judge(self) -> None:
        """Sorts what has come: an answer of this tick, one too many, of the past, of the future."""
        due = self._ticks[-1 - self._lag] if len(self._ticks) > self._lag else None
        now = self._ticks[-1] if self._ticks else 0
        for output in self._outputs:
            if output.lost:
                raise Failed(f"the middleware lost {output.lost} messages of {output.topic}")
            while output.came:
                message, came = output.came.popleft()
                stamp = stamp_of(message) if output.stamped else None
                if not self._ticks:
                    continue  # Said of nothing that it was shown.
                if stamp is not None and stamp > now:
                    raise Failed(
                        f"a message on {output.topic} has the stamp {stamp * 1e-9:.9f} s, and it is only "
                        f"{now * 1e-9:.9f} s"
                    )
                if (
                    output.needed and stamp is not None and stamp == output.last_stamp
                ):  # It may be of a tick before this one.
                    raise self._twice(output, stamp)
                if output.needed and stamp is not None and (due is None or stamp < due):
                    if output.heard:
                        raise Failed(
                            f"a message on {output.topic} has the stamp {stamp * 1e-9:.9f} s, of the past: "
                            f"it is {now * 1e-9:.9f} s; does it take simulated time to answer? write lag_ms:"
                        )
                    output.stale = stamp
                    continue
                output.heard += 1
                if output.needed and output.heard > len(self._ticks):
                    raise self._twice(output, now)
                output.answer, output.last_stamp = (message, came), stamp

    def _twice(self, output: Output, stamp: int) -> Failed:
        return Failed(f"the node published {output.topic} more than once for a tick, at {stamp * 1e-9:.3f} s")

    def facts(self) -> dict[str, str]:
        """What the installation and the nodes at the topics are, and the nodes' parameters."""
        ends: list[Input | Output] = [*self._inputs, *self._outputs]
        packages = {"rclpy", *(end.type.partition("/")[0] for end in ends)}
        return {
            "ROS_DISTRO": os.environ.get("ROS_DISTRO", ""),
            "rmw": str(self._rclpy.get_rmw_implementation_identifier()),
            **{package: version_of(package) for package in sorted(packages)},
            **program_of(self._launch, self._folder),
            **parameters_of(self, sorted(self.nodes()), self._deadline),
        }

    def nodes(self) -> set[str]:
        """Full names of those at the topics."""
        ends: list[Input | Output] = [*self._inputs, *self._outputs]
        return {name for end in ends for name in self._nodes(end)}

    def _nodes(self, end: Input | Output) -> list[str]:
        """Full names of the nodes at the other end of a topic; they come a little later than it."""
        find = "get_subscriptions_info_by_topic" if isinstance(end, Input) else "get_publishers_info_by_topic"
        deadline = self._deadline()
        while True:
            found = getattr(self.node, find)(end.topic)
            infos = [one for one in found if one.topic_type == end.type]
            if (infos and all("UNKNOWN" not in one.node_name for one in infos)) or not end.needed:
                return [f"{one.node_namespace.rstrip('/')}/{one.node_name}" for one in infos]
            if deadline.is_over:
                raise Failed(f"no node with a name came to {end.topic} within {deadline}")
            self.spin()

    def close(self) -> None:
        """Ends the node, then this."""
        self.judged.end()
        self._executor.shutdown(timeout_sec=_GRACE_S)
        self.node.destroy_node()
        self._rclpy.try_shutdown()
