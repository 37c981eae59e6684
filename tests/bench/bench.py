"""Runs every figure's two sides in turn on this machine and prints one table. Started by scripts/bench."""

import argparse
import json
import math
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile

from table import Row, print_table, say
from servers import BareServer, Gateway, MariaDb, NodeHandler
from load import DESCRIPTIONS, HERE, Load, make_requests, platforms

CONNECTIONS = 64
NODE_POOL = 16
ROWS = ("sqlite", "mariadb", "open", "events", "shadow", "replay", "drift", "platforms", "load", "resolve")


def main():
    options = read_options()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="bench-", dir=options.programs))
    bench = Bench(options, folder)
    try:
        rows = bench.run()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print_table(bench.notes, rows)
    return 0 if all(row.holds for row in rows) else 1


def read_options():
    parser = argparse.ArgumentParser(prog="scripts/bench")
    parser.add_argument("--programs", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--quick", action="store_true", help="shorter and fewer rounds")
    parser.add_argument("--only", default=",".join(ROWS),
                        help=f"rows to measure: {', '.join(ROWS)} (default: all)")
    options = parser.parse_args()
    options.programs = options.programs.resolve()
    options.seconds = 4 if options.quick else 10
    options.rounds = 1 if options.quick else 5
    options.requests = 200_000 if options.quick else 600_000
    options.only = set(options.only.split(","))
    unknown = options.only - set(ROWS)
    if unknown:
        parser.error(f"no such row: {', '.join(sorted(unknown))}")
    return options


class Bench:
    def __init__(self, options, folder):
        self.options = options
        self.folder = folder
        self.threads = os.cpu_count()
        self.notes = [
            f"machine: {os.cpu_count()} cores, {cpu_name()}",
            f"load: wrk, 1 thread, {CONNECTIONS} connections, {options.rounds} rounds of "
            f"{options.seconds} s a side, sides in turn, medians",
            f"gateway and bare server: {self.threads} I/O threads each; Node: one process",
        ]

    def run(self):
        rows = []
        if self.options.only & {"sqlite", "mariadb"}:
            say(f"Encrypting {self.options.requests} distinct callbacks")
            self.file = self.folder / "requests"
            payload = make_requests(self.options.programs, self.options.requests, self.file)
            self.notes.append(f"callbacks: {self.options.requests} distinct, {payload} B plaintext, "
                              f"{self.file.stat().st_size // self.options.requests} B on the wire")
        if "sqlite" in self.options.only:
            rows += self.sqlite_rows()
        if "mariadb" in self.options.only:
            rows += self.mariadb_rows()
        if "open" in self.options.only:
            rows += self.open_rows()
        if "events" in self.options.only:
            rows += self.event_rows()
        if self.options.only & {"shadow", "replay"}:
            rows += self.rules_rows()
        if "drift" in self.options.only:
            rows += self.drift_rows()
        if "platforms" in self.options.only:
            rows += self.platform_rows()
        if "load" in self.options.only:
            rows += self.load_rows()
        if "resolve" in self.options.only:
            rows += self.resolve_rows()
        return rows

    def measure(self, server, again=False):
        """One round against a started server: acknowledged requests a second, checked."""
        server.start()
        try:
            idle = server.memory()
            load = Load(server, self.file, CONNECTIONS, self.options.seconds, again).run()
            load.idle_mib, load.peak_mib = idle, server.peak_memory()
        finally:
            server.stop()
        stored = server.stored()
        if load.broken:
            raise SystemExit(f"error: {server.name} broke {load.broken} connections")
        if load.refused and not again:
            raise SystemExit(f"error: {server.name} refused {load.refused} requests (or the file of "
                             f"{self.options.requests} requests ran dry)")
        if stored is not None and not load.acknowledged <= stored <= load.acknowledged + CONNECTIONS:
            raise SystemExit(f"error: {server.name} acknowledged {load.acknowledged} callbacks, and "
                             f"{stored} rows are stored (more by {CONNECTIONS} at most: those on "
                             f"their way when the load ended)")
        say(f"  {server.name}: {load.per_second:,.0f}/s, p99 {load.p99_ms:.1f} ms, CPU "
            f"{load.server_cpu:.2f} of {os.cpu_count()} cores, wrk {load.wrk_cpu:.2f}"
            + ("" if stored is None else f"; {stored} rows for {load.acknowledged} answers"))
        return load

    def in_turn(self, first, second):
        """Rounds of both sides in turn; their loads."""
        loads = ([], [])
        for number in range(self.options.rounds):
            for side, make in enumerate((first, second)):
                loads[side].append(make(number))
        return loads

    def sqlite_rows(self):
        say("Durable callbacks on SQLite against a bare Beast server")
        program = self.options.programs
        ours, bare = self.in_turn(
            lambda n: self.measure(Gateway(program, self.folder / f"sqlite{n}", self.threads)),
            lambda n: self.measure(BareServer(program, self.threads), again=True))
        rows = [Row("durable callbacks/s, SQLite, against a bare Beast server", rate(ours), rate(bare),
                    median_rate(ours) / median_rate(bare), "at least", 0.40, sides(ours, bare))]
        idle, peak = (max(getattr(load, name) for load in ours) for name in ("idle_mib", "peak_mib"))
        rows.append(Row("memory idle, MiB", f"{idle:.0f}", "", None, "at most", 60, value=idle))
        rows.append(Row("memory under the ingest load, MiB", f"{peak:.0f}", "", None, "at most", 250,
                        value=peak))
        return rows

    def platform_rows(self):
        """Every platform's own requests, in shorter rounds."""
        rows = []
        options = self.options
        program = options.programs
        whole = options.seconds, options.rounds, options.requests
        options.seconds, options.rounds, options.requests = 4, min(3, options.rounds), 150_000
        for platform in platforms():
            say(f"Durable callbacks of {platform} on SQLite against a bare Beast server")
            self.file = self.folder / f"requests-{platform}"
            payload = make_requests(program, options.requests, self.file, platform)
            ours, bare = self.in_turn(
                lambda n: self.measure(Gateway(program, self.folder / f"{platform}{n}", self.threads,
                                               platform=platform)),
                lambda n: self.measure(BareServer(program, self.threads), again=True))
            self.file.unlink()
            rows.append(Row(f"callbacks/s of {platform}, SQLite, against the bare server", rate(ours),
                            rate(bare), median_rate(ours) / median_rate(bare), "at least", 0.35,
                            f"{payload} B plaintext"))
        options.seconds, options.rounds, options.requests = whole
        return rows

    def load_rows(self):
        say("Loading the rules of all platforms against parsing their JSON")
        found = self.figures("load_bench", DESCRIPTIONS)
        return [Row("rules loaded, a channel of each platform bound, against parsing their JSON",
                    f"{found['load_ms']:.1f} ms", f"{found['parse_ms']:.1f} ms",
                    found["load_ms"] / found["parse_ms"], "at most", 3,
                    f"{found['packs']} packs, {found['channels']} channels")]

    def resolve_rows(self):
        people = 20_000 if self.options.quick else 100_000
        say(f"Deciding who is who, one core, and among {people} generated people")
        found = self.figures("resolve_bench", people)
        share = found["found"] / found["permitted"]
        whom = f"{found['people']} people of {found['identities']} identities, seed {found['seed']}"
        n_log_n = 50 * math.log(50) / (5 * math.log(5))
        return [
            Row("decisions who is who/s, one core, of up to 5 identities",
                f"{found['decisions_per_second']:,.0f}/s", "", None, "at least", 100_000,
                f"means: {found['members']:.1f} identities, {found['statements']:.1f} statements",
                value=found["decisions_per_second"]),
            Row("one decision of 50 identities, against one of 5", f"{found['us_50']:.1f} us",
                f"{found['us_5']:.1f} us", found["us_50"] / found["us_5"], "at most",
                round(n_log_n, 1), "target: n log n"),
            Row("pairs of different people joined by themselves", f"{found['wrong']:,}", "", None,
                "at most", 0, whom, value=found["wrong"]),
            Row("pairs that the rules permit, found", f"{100 * share:.2f} %", "", None, "at least",
                0.98, f"of {found['permitted']:,}", value=share)]

    def mariadb_rows(self):
        say("Durable callbacks on MariaDB against the Node handler")
        program = self.options.programs
        with MariaDb(self.folder / "mariadb") as database:
            ours, node = self.in_turn(
                lambda n: self.measure(Gateway(program, self.folder / f"gateway{n}", self.threads,
                                               database.fresh(f"gateway{n}"))),
                lambda n: self.measure(NodeHandler(database.fresh(f"node{n}"))))
        self.notes.append("MariaDB: log_bin on, sync_binlog=1, innodb_flush_log_at_trx_commit=1; "
                          f"Node's pool {NODE_POOL}, the gateway's {Gateway.pool}")
        return [Row("durable callbacks/s, MariaDB, against a Node handler", rate(ours), rate(node),
                    median_rate(ours) / median_rate(node), "at least", 8, sides(ours, node))]

    def open_rows(self):
        say("Verifying, decrypting and parsing callbacks of 800 B, one core")
        found = self.figures("open_bench")
        ours, bare = found["open_us"], found["crypto_us"]
        return [Row("verify, decrypt and parse one callback, against the crypto alone", f"{ours:.2f} us",
                    f"{bare:.2f} us", ours / bare, "at most", 4, f"{found['payload_bytes']} B plaintext")]

    def event_rows(self):
        small, large = (10_000, 100_000) if self.options.quick else (10_000, 1_000_000)
        events = 10_000
        say(f"Working {events} events at {small} and at {large} customers, SQLite")
        found = self.figures("pipeline_bench", self.folder, small, large, events)
        few, many = found["events_per_second_small"], found["events_per_second_large"]
        bare = found["bare_inserts_per_second"]
        first, last = found["page_first_ms"], found["page_last_ms"]
        return [
            Row("events worked end to end/s, against bare inserts of their rows", f"{few:,.0f}/s",
                f"{bare:,.0f}/s", few / bare, "at least", 4000, f"at {small} customers", value=few),
            Row(f"the same at {large} customers", f"{many:,.0f}/s", f"{few:,.0f}/s", few / many,
                "at most", 1.3, "ratio: times slower"),
            Row(f"page of 200 at {large} customers, last against first", f"{last:.2f} ms",
                f"{first:.2f} ms", last / first, "at most", 1.5)]

    def rules_rows(self):
        customers, events = 10_000, 5_000 if self.options.quick else 10_000
        say(f"Working {events} events with a version of the rules reading along, and reading them "
            f"again, at {customers} customers, SQLite")
        found = self.figures("rules_bench", self.folder, customers, events,
                             2 if self.options.quick else 5)
        alone, watched, again = (found[f"{name}_per_second"]
                                 for name in ("events", "watched", "replayed"))
        rows = {"shadow": Row("events worked/s while a version reads along, against without",
                              f"{watched:,.0f}/s", f"{alone:,.0f}/s", watched / alone, "at least",
                              0.75),
                "replay": Row("rows read again/s, against the same when they were new",
                              f"{again:,.0f}/s", f"{alone:,.0f}/s", again / alone, "at least", 0.75)}
        return [row for name, row in rows.items() if name in self.options.only]

    def drift_rows(self):
        say("Changing every sample of every platform in one place after another")
        found = self.figures("drift_bench", HERE.parent.parent)
        kinds = found["kinds"]
        made, noticed = (sum(kind[name] for kind in kinds.values()) for name in ("made", "noticed"))
        rows = [Row(f"{name}s noticed", f"{kind['noticed']:,}", f"{kind['made']:,}",
                    kind["noticed"] / kind["made"], "at least", 0.99)
                for name, kind in sorted(kinds.items())]
        rows.append(Row("changes noticed in all", f"{noticed:,}", f"{made:,}", noticed / made,
                        "at least", 0.99, "free-form maps aside"))
        rows.append(Row("alarms on samples that fit", f"{found['alarms']:,}", f"{found['samples']:,}",
                        None, "at most", 0, "each by the pack of its day", value=found["alarms"]))
        return rows

    def figures(self, program, *arguments):
        """The JSON object that a program of tests/bench prints as its last line."""
        path = next(self.options.programs.glob(f"**/{program}"))
        done = subprocess.run([path, *map(str, arguments)], stdout=subprocess.PIPE, text=True)
        if done.returncode != 0:
            raise SystemExit(f"error: {program} ended with {done.returncode}")
        return json.loads(done.stdout.strip().splitlines()[-1])


def median_rate(loads):
    return statistics.median(load.per_second for load in loads)


def rate(loads):
    return f"{median_rate(loads):,.0f}/s"


def sides(ours, theirs):
    def cpu(loads):
        return statistics.median(load.server_cpu for load in loads)

    return f"CPU {cpu(ours):.2f} and {cpu(theirs):.2f} cores"


def cpu_name():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return "unknown processor"


if __name__ == "__main__":
    sys.exit(main())
