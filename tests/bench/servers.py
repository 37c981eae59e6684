"""What is measured and what it is compared with, each started fresh for a round."""

import json
import os
import pathlib
import pwd
import signal
import socket
import sqlite3
import subprocess
import tempfile
import time
import urllib.request

from load import channel_settings

HERE = pathlib.Path(__file__).resolve().parent
TICKS = os.sysconf("SC_CLK_TCK")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(condition, what, seconds=60):
    """Polls a condition that another process makes true."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise SystemExit(f"error: waited {seconds} s in vain until {what}")
        time.sleep(0.02)


def accepts(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False


def cpu_seconds_of(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def memory_of(pid, name):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1]) / 1024
    return 0.0


class Server:
    """A process that listens on `port`."""

    name = ""

    def __init__(self):
        self.port = free_port()

    def command(self):
        raise NotImplementedError

    def environment(self):
        return os.environ

    def start(self):
        self.log = tempfile.TemporaryFile()
        self.process = subprocess.Popen(self.command(), env=self.environment(),
                                        stdout=subprocess.DEVNULL, stderr=self.log)
        wait_until(lambda: self.process.poll() is not None or self.is_ready(), f"{self.name} listens")
        if self.process.poll() is not None:
            self.log.seek(0)
            raise SystemExit(f"error: {self.name} ended with {self.process.returncode} at its start:\n"
                             + self.log.read().decode()[-2000:])

    def is_ready(self):
        return accepts(self.port)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise SystemExit(f"error: {self.name} did not end on SIGTERM within a minute") from None

    def cpu_seconds(self):
        return cpu_seconds_of(self.process.pid)

    def memory(self):
        return memory_of(self.process.pid, "VmRSS")

    def peak_memory(self):
        return memory_of(self.process.pid, "VmHWM")

    def stored(self):
        return None


class BareServer(Server):
    name = "bare Beast server"

    def __init__(self, programs, threads):
        super().__init__()
        self.program = next(programs.glob("**/bare_server"))
        self.threads = threads

    def command(self):
        return [self.program, str(self.port), str(self.threads)]


class Gateway(Server):
    pool = 4

    def __init__(self, programs, folder, threads, database=None, platform="wecom"):
        super().__init__()
        self.program = programs / "guanxi"
        self.folder, self.threads, self.database, self.platform = folder, threads, database, platform
        self.name = "gateway on MariaDB" if database else "gateway on SQLite"
        self.private_port = free_port()

    def command(self):
        self.folder.mkdir()
        config = self.folder / "guanxi.toml"
        settings = "\n".join(f"{name} = {json.dumps(value)}"
                             for name, value in channel_settings(self.platform).items())
        store = self.database.url if self.database else f"sqlite:{self.folder}/guanxi.db"
        config.write_text(f"""
[server]
public = "127.0.0.1:{self.port}"
private = "127.0.0.1:{self.private_port}"
public_url = "http://127.0.0.1:{self.port}"
threads = {self.threads}

[store]
url = "{store}"
data_key = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
connections = {self.pool}

[[channel]]
id = "bench"
platform = "{self.platform}"
freshness = "2h"
{settings}
""")
        return [self.program, "serve", "--config", config]

    def is_ready(self):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.private_port}/readyz", timeout=5):
                return accepts(self.port)
        except OSError:
            return False

    def cpu_seconds(self):
        return super().cpu_seconds() + (self.database.cpu_seconds() if self.database else 0)

    def stored(self):
        count = ("SELECT (SELECT COUNT(*) FROM inbox WHERE kind = 0)"
                 " + COALESCE((SELECT SUM(payloads) FROM arrival), 0)")
        if self.database:
            return self.database.number(count)
        with sqlite3.connect(self.folder / "guanxi.db") as connection:
            return connection.execute(count).fetchone()[0]


class NodeHandler(Server):
    name = "Node handler on MariaDB"

    def __init__(self, database):
        super().__init__()
        self.database = database

    def command(self):
        return ["node", HERE / "node_handler" / "handler.js"]

    def environment(self):
        wecom = channel_settings("wecom")
        return {**os.environ, "NODE_ENV": "production", "PORT": str(self.port),
                "TOKEN": wecom["token"], "ENCODING_AES_KEY": wecom["encoding_aes_key"],
                "CORP_ID": wecom["corp_id"],
                "DB_PORT": str(self.database.port), "DB_USER": self.database.user,
                "DB_PASSWORD": self.database.password, "DB_NAME": self.database.name}

    def cpu_seconds(self):
        return super().cpu_seconds() + self.database.cpu_seconds()

    def stored(self):
        return self.database.number("SELECT COUNT(*) FROM callbacks")


class Database:
    """One empty database of a private server."""

    user, password = "bench", "bench"

    def __init__(self, server, name):
        self.server, self.name, self.port = server, name, server.port
        self.url = f"mysql://{self.user}:{self.password}@127.0.0.1:{self.port}/{name}"

    def number(self, query):
        return int(self.server.ask(query, self.name))

    def cpu_seconds(self):
        return cpu_seconds_of(self.server.process.pid)


class MariaDb:
    """A private MariaDB that commits as a careful operator sets it up."""

    def __init__(self, folder):
        self.folder = folder
        self.port = free_port()

    def __enter__(self):
        user = pwd.getpwuid(os.getuid()).pw_name
        data = self.folder / "data"
        self.folder.mkdir()
        subprocess.run(["mariadb-install-db", "--no-defaults", "--skip-name-resolve", "--force",
                        "--auth-root-authentication-method=normal", f"--datadir={data}",
                        f"--user={user}", "--skip-test-db"],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        # Below the data folder, where server and client run: a socket's path is 107 bytes at most.
        self.socket = "s"
        self.process = subprocess.Popen(
            [find_program("mariadbd"), "--no-defaults", f"--datadir={data}", f"--user={user}",
             f"--socket={self.socket}", f"--port={self.port}", "--bind-address=127.0.0.1",
             "--skip-name-resolve", "--log-bin=binlog", "--sync-binlog=1",
             "--innodb-flush-log-at-trx-commit=1", "--innodb-buffer-pool-size=512M",
             "--character-set-server=utf8mb4", f"--pid-file={self.folder}/pid"],
            cwd=self.folder, stdout=subprocess.DEVNULL, stderr=open(self.folder / "log", "wb"))
        wait_until(lambda: self.process.poll() is not None or accepts(self.port), "MariaDB listens")
        if self.process.poll() is not None:
            raise SystemExit("error: MariaDB did not start:\n" + (self.folder / "log").read_text()[-2000:])
        self.ask(f"CREATE USER {Database.user}@'127.0.0.1' IDENTIFIED BY '{Database.password}'; "
                 f"GRANT ALL ON *.* TO {Database.user}@'127.0.0.1'")
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(60)

    def ask(self, query, database="mysql"):
        return subprocess.run(["mariadb", "--no-defaults", f"--socket={self.socket}", "-uroot", "-N",
                               "-B", "-e", query, database],
                              check=True, stdout=subprocess.PIPE, text=True, cwd=self.folder / "data").stdout

    def fresh(self, name):
        self.ask(f"CREATE DATABASE {name} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
        return Database(self, name)


def find_program(name):
    for folder in (*os.environ["PATH"].split(":"), "/usr/sbin", "/usr/local/sbin"):
        path = pathlib.Path(folder) / name
        if path.exists():
            return path
    raise SystemExit(f"error: {name} is missing; scripts/setup bench installs it")
