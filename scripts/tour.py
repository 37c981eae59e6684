"""Fires callbacks at a running gateway and shows what a CRM gets from it. Started by scripts/run."""

import argparse
import collections
import concurrent.futures
import json
import subprocess
import sys
import threading
import time
import unicodedata
import urllib.error
import urllib.request

CHANNEL = "demo"
# Customers of the simulator who are added before every kind of event is fired once.
CUSTOMERS = [f"wmDemoAAA000{n}" for n in range(1, 7)]
COLLEAGUE = "woDemoBBB0001"  # a WeCom user of another company
ADDED = "change_external_contact/add_external_contact"
# Events about customers, in lanes that have nothing to do with each other, so that two can be fired at
# once; `guanxi trigger CHANNEL --list` names the other events.
LANES = (("event/change_external_contact/", "event/customer_acquisition/"),
         ("event/change_external_chat/", "event/change_external_tag/"))


def main():
    parser = argparse.ArgumentParser()
    for name in ("guanxi", "config", "public", "private", "simulator"):
        parser.add_argument(f"--{name}", required=True)
    tour = Tour(parser.parse_args())
    tour.fire()
    tour.wait()
    tour.show()
    return 0


class Tour:
    def __init__(self, options):
        self.options = options
        self.lock = threading.Lock()
        self.key = json.loads(self.guanxi("keys", "create", "--name", "tour", "--scope", "customers:read",
                                          "--scope", "pii:read", "--scope", "admin", "--json"))["key"]

    def guanxi(self, command, *arguments):
        process = subprocess.run([self.options.guanxi, command, *arguments, "--config", self.options.config],
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if process.returncode != 0:
            sys.exit(f"error: guanxi {command} {' '.join(arguments)}: {process.stderr.strip()}")
        return process.stdout

    def get(self, path):
        request = urllib.request.Request(self.options.private + path,
                                         headers={"Authorization": "Bearer " + self.key})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def fire(self):
        heading("Callbacks, signed and encrypted as WeCom sends them")
        events = listed_events(self.guanxi("trigger", CHANNEL, "--list", "--json"))
        added = next(event for event in events if event.endswith(ADDED))
        self.guanxi("trigger", CHANNEL, added, "--count", str(len(CUSTOMERS)),
                    "--set", "ExternalUserID=wmDemoAAA000{n}", "--set", "UserID=sales.li")
        self.guanxi("trigger", CHANNEL, added, "--set", f"ExternalUserID={COLLEAGUE}",
                    "--set", "UserID=sales.li")
        progress(len(CUSTOMERS) + 1, len(CUSTOMERS) + 1, "customers added")
        lanes = [[event for event in events if event.startswith(families)] for families in LANES]
        self.fired, self.kinds = 0, sum(map(len, lanes))
        with concurrent.futures.ThreadPoolExecutor(len(lanes)) as pool:
            list(pool.map(self.fire_lane, lanes))

    def fire_lane(self, events):
        for event in events:
            self.guanxi("trigger", CHANNEL, event)
            with self.lock:
                self.fired += 1
                progress(self.fired, self.kinds, "kinds of customer event, one of each")

    def wait(self):
        """Until every callback is read and every customer completed by the platform's API."""
        end = time.monotonic() + 60
        while True:
            waiting = len(self.get("/v1/events?status=raw&limit=100")["data"])
            customers = self.get("/v1/customers?limit=200")["data"]
            known = {identity["value"]: customer for customer in customers
                     for identity in customer["identities"]}
            unnamed = [id for id in (*CUSTOMERS, COLLEAGUE) if not known.get(id, {}).get("name")]
            if not waiting and not unnamed:
                return
            if time.monotonic() > end:
                sys.exit(f"error: after a minute {waiting} callbacks are not read and these customers "
                         f"are not completed: {', '.join(unnamed) or 'none'}")
            time.sleep(0.1)

    def show(self):
        customers = self.get("/v1/customers?limit=200")["data"]
        heading(f"{len(customers)} unified customers, from GET /v1/customers")
        table(["name", "phone", "company", "staff", "tags", "from", "identities"],
              [customer_cells(customer) for customer in customers])
        changes = self.all_changes()
        heading(f"{len(changes)} changes, from GET /v1/changes")
        counts = collections.Counter(change["type"] for change in changes)
        print("  " + ", ".join(f"{count} {kind}" for kind, count in counts.most_common()))
        print("  the last of them about customers:")
        about = [change for change in changes if change["customer"]][-8:]
        table(["at", "type", "customer", "object"],
              [[change["at"][11:23], change["type"], change["customer"]["name"] or "-",
                f"{change['object']['type']} {change['object']['id']}"] for change in about])
        heading("To look at (the API wants the key below)")
        places = [("customers", "/v1/customers"), ("change feed", "/v1/changes"),
                  ("events received", "/v1/events"), ("documentation", "/docs"),
                  ("API description", "/openapi.json"), ("metrics", "/metrics"), ("health", "/readyz")]
        table(None, [[name, self.options.private + path] for name, path in places if self.is_there(path)]
              + [["callback URL", f"{self.options.public}/callbacks/wecom/{CHANNEL}"],
                 ["simulated WeCom", f"{self.options.simulator}/_sim/calls"],
                 ["configuration", self.options.config]])
        heading("To try")
        print(f"  curl -s -H 'Authorization: Bearer {self.key}' \\\n"
              f"    '{self.options.private}/v1/customers?limit=1' | python3 -m json.tool --no-ensure-ascii")

    def all_changes(self):
        changes, position = [], ""
        while True:
            page = self.get("/v1/changes?limit=200" + (f"&after={position}" if position else ""))
            changes += page["changes"]
            if not page["changes"]:
                return changes
            position = page["next"]

    def is_there(self, path):
        try:
            request = urllib.request.Request(self.options.private + path,
                                             headers={"Authorization": "Bearer " + self.key})
            urllib.request.urlopen(request, timeout=10).close()
            return True
        except urllib.error.URLError:
            return False


def listed_events(text):
    """The names in what `guanxi trigger --list --json` prints: texts, or objects with a name."""
    listed = json.loads(text)
    if isinstance(listed, dict):
        listed = next(iter(listed.values()))
    return [entry if isinstance(entry, str) else entry.get("event") or entry["name"] for entry in listed]


def customer_cells(customer):
    relations = customer.get("relations") or []
    staff = [relation["staff_id"] + ("" if relation["status"] == "active" else f" ({relation['status']})")
             for relation in relations]
    tags = [tag.get("name") or tag["id"] for tag in customer.get("tags") or []]
    source = customer.get("source") or {}
    company = (customer.get("company") or {}).get("name") or ""
    return [customer.get("name") or "-", ", ".join(customer.get("phones") or []), company,
            ", ".join(staff), ", ".join(tags), source.get("state") or "",
            ", ".join(identity["value"] for identity in customer["identities"])]


def heading(text):
    bold, plain = ("\033[1m", "\033[0m") if sys.stdout.isatty() else ("", "")
    print(f"\n{bold}{text}{plain}")


def progress(done, all_of_them, what):
    if sys.stdout.isatty():
        print(f"\r  {done}/{all_of_them} {what}", end="\n" if done == all_of_them else "", flush=True)
    elif done == all_of_them:
        print(f"  {done} {what}", flush=True)


def width_of(text):
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def cut(text, width):
    if width_of(text) <= width:
        return text
    kept = ""
    for letter in text:
        if width_of(kept + letter) > width - 1:
            break
        kept += letter
    return kept + "…"


def table(titles, rows, widest=34):
    if titles:  # without the columns that nobody fills
        filled = [i for i in range(len(titles)) if any(row[i] for row in rows)]
        titles, rows = [titles[i] for i in filled], [[row[i] for i in filled] for row in rows]
    rows = [[cut(str(cell), widest if titles else 200) for cell in row] for row in rows]
    lines = ([titles] if titles else []) + rows
    widths = [max(width_of(line[i]) for line in lines) for i in range(len(lines[0]))]
    for number, line in enumerate(lines):
        cells = [cell + " " * (width - width_of(cell)) for cell, width in zip(line, widths)]
        print("  " + "  ".join(cells).rstrip())
        if titles and number == 0:
            print("  " + "  ".join("-" * width for width in widths))


if __name__ == "__main__":
    sys.exit(main())
