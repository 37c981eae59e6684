"""The load: wrk replaying callbacks that were encrypted beforehand."""

import json
import os
import pathlib
import re
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
DESCRIPTIONS = HERE.parent / "simulator"


def platforms():
    return sorted(path.stem for path in DESCRIPTIONS.glob("*.json"))


def channel_settings(platform):
    """Settings of the channel that the platform's load is for."""
    description = json.loads((DESCRIPTIONS / f"{platform}.json").read_text())
    settings = description["channels"][description["load"]["channel"]]
    return {name: "http://127.0.0.1:9" if value == "{api_base}" else value
            for name, value in settings.items()}


def make_requests(programs, count, file, platform="wecom"):
    """Writes `count` distinct, signed and encrypted callbacks; the mean size of their plaintext."""
    program = next(programs.glob("**/make_callbacks"))
    done = subprocess.run([program, str(count), file, DESCRIPTIONS / f"{platform}.json",
                           f"/callbacks/{platform}/bench"],
                          check=True, stdout=subprocess.PIPE, text=True)
    return int(re.search(r"payload_bytes=(\d+)", done.stdout)[1])


class Load:
    """One run of wrk against a server. `again` starts the file over when it is at its end."""

    def __init__(self, server, file, connections, seconds, again):
        self.server, self.again = server, again
        self.command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s",
                        "-s", HERE / "replay.lua", f"http://127.0.0.1:{server.port}", "--", file,
                        "again" if again else "once"]

    def run(self):
        cpu_before = self.server.cpu_seconds()
        wrk = subprocess.Popen(self.command, stdout=subprocess.PIPE, text=True)
        output = wrk.stdout.read()
        _, status, usage = os.wait4(wrk.pid, 0)
        wrk.returncode = os.waitstatus_to_exitcode(status)
        cpu_after = self.server.cpu_seconds()
        found = re.search(r"^result (.*)$", output, re.MULTILINE)
        if wrk.returncode != 0 or not found:
            raise SystemExit(f"error: wrk ended with {wrk.returncode}:\n{output}")
        values = {name: int(value) for name, value in re.findall(r"(\w+)=(\d+)", found[1])}
        seconds = values["microseconds"] / 1e6
        self.refused, self.broken = values["refused"], values["broken"]
        self.acknowledged = values["requests"] - self.refused
        self.per_second = self.acknowledged / seconds
        self.p99_ms = values["p99_us"] / 1000
        self.server_cpu = (cpu_after - cpu_before) / seconds
        self.wrk_cpu = (usage.ru_utime + usage.ru_stime) / seconds
        return self
