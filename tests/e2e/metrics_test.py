"""GET /metrics of a real server, read as Prometheus reads it; and an access log that nobody reads."""

import fcntl
import http.client
import os
import random
import re
import signal
import subprocess
import threading
from collections import namedtuple

from conftest import BINARY, end, wait_until

Family = namedtuple("Family", "type help samples")  # Samples: value by (name, labels).
SAMPLE = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\["\\n])*)"(?:,|$)')
SUFFIXES = {"histogram": ("_bucket", "_sum", "_count")}
DURATION = "tidemark_http_server_request_duration_seconds"
PROGRESS = "/datasets/{namespace}/{name}/versions/{revision}/progress"
BOUNDS = ["0.005", "0.01", "0.025", "0.05", "0.075", "0.1", "0.25", "0.5", "0.75", "1", "2.5", "5", "7.5", "10",
          "+Inf"]


def labels_of(text):
    """Pairs in the order of their names; nothing may be left over, and no name be there twice."""
    pairs = []
    while text:
        label = LABEL.match(text)
        assert label, text
        pairs.append(label.groups())
        text = text[label.end():]
    assert len(dict(pairs)) == len(pairs)
    return tuple(sorted(pairs))


def parse(text):
    """Families by name. Fails for what is not the text format 0.0.4, or not as its best practices have it."""
    assert text.endswith("\n")
    families = {}
    name = None
    for line in text.splitlines():
        if line.startswith("# HELP "):
            name, help_text = line.removeprefix("# HELP ").split(" ", 1)
            assert name not in families and help_text
            families[name] = Family(None, help_text, {})
        elif line.startswith("# TYPE "):
            of, kind = line.removeprefix("# TYPE ").split(" ")
            assert of == name and families[name].type is None and not families[name].samples
            assert kind in ("counter", "gauge", "histogram")
            assert (kind == "counter") == name.endswith("_total")
            families[name] = families[name]._replace(type=kind)
        else:
            sample = SAMPLE.fullmatch(line)
            assert sample, line
            of, labels, value = sample[1], labels_of(sample[2] or ""), float(sample[3])
            family = families[name]
            assert of in [name + suffix for suffix in SUFFIXES.get(family.type, ("",))], line
            assert (of, labels) not in family.samples, line
            assert value >= 0, line
            family.samples[of, labels] = value
    for name, family in families.items():
        assert family.samples, name
        if family.type == "histogram":
            check_histogram(name, family.samples)
    return families


def check_histogram(name, samples):
    for (of, labels), count in samples.items():
        if of != name + "_count":
            continue
        buckets = [samples[name + "_bucket", tuple(sorted((*labels, ("le", bound))))] for bound in BOUNDS]
        assert buckets == sorted(buckets) and buckets[-1] == count
        assert (samples[name + "_sum", labels] > 0) == (count > 0)
    assert len(samples) % (len(BOUNDS) + 2) == 0


def scrape(node):
    status, headers, text = node.request("GET", "/metrics")
    assert status == 200 and headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    return parse(text)


def value(families, name, **labels):
    """0 where there is no such series."""
    family = next((families[base] for base in (name, name.removesuffix("_count")) if base in families), None)
    return family.samples.get((name, tuple(sorted(labels.items()))), 0) if family else 0


def requests_of(families, method, status, route=None):
    labels = {"http_request_method": method, "http_response_status_code": str(status)}
    if route:
        labels["http_route"] = route
    if status >= 500:
        labels["error_type"] = str(status)
    return value(families, DURATION + "_count", **labels)


def series_of(families):
    return {key for family in families.values() for key in family.samples}


def test_what_an_operator_needs_is_there(anvil, solo):
    anvil.mine(2)
    solo.deploy(anvil)
    solo.wait_for_block(anvil.head())
    wait_until(lambda: value(scrape(solo), "tidemark_chainhead_age_seconds", network="anvil"), "a head is seen")
    families = scrape(solo)
    version = subprocess.run([BINARY, "--version"], text=True, capture_output=True, check=True).stdout
    assert families["tidemark_build_info"].type == "gauge"
    ((_, ((_, built),)),) = families["tidemark_build_info"].samples
    assert built in version.split()
    assert value(families, "tidemark_chainhead_age_seconds", network="anvil") < 30
    assert value(families, "tidemark_http_connections") >= 1
    assert value(families, "tidemark_http_requests_total", status="2xx") > 0
    assert value(families, "tidemark_cache_entries", cache="indexes") == 3
    assert value(families, "tidemark_cache_bytes", cache="indexes") > 0
    assert value(families, "tidemark_snapshot_build_duration_seconds_count") >= 3
    assert value(families, "process_open_fds") < value(families, "process_max_fds")
    assert value(families, "process_resident_memory_bytes") > 1 << 20
    assert value(families, "process_cpu_seconds_total") > 0
    assert families["process_cpu_seconds_total"].type == "counter"
    for name, family in families.items():
        assert name.startswith(("tidemark_", "process_"))
        for _, labels in family.samples:
            assert not {"dataset", "table", "job"} & dict(labels).keys()


def test_kept_answers_are_counted_like_computed_ones(anvil, solo):
    anvil.mine(2)
    job = solo.deploy(anvil, end_block=1)
    wait_until(lambda: solo.get(f"/jobs/{job}")["status"] == "COMPLETED", "the job has ended")
    path = "/datasets/demo/anvil/versions/1.0.0/progress"
    for _ in range(3):
        _, headers, _ = solo.request("GET", path)
    before = scrape(solo)
    for _ in range(20):
        assert solo.request("GET", path)[0] == 200
        assert solo.request("GET", path, headers={"If-None-Match": headers["ETag"]})[0] == 304
    assert solo.request("HEAD", path)[0] == 200
    assert solo.request("PUT", path)[0] == 405

    def risen(name, **labels):
        return value(after, name, **labels) - value(before, name, **labels)

    after = scrape(solo)
    assert risen("tidemark_cache_requests_total", cache="answers", result="hit") == 41
    assert risen("tidemark_cache_requests_total", cache="answers", result="miss") == 0
    assert risen("tidemark_feed_looks_total", result="unchanged") >= 41
    for method, status, count in [("GET", 200, 20), ("GET", 304, 20), ("HEAD", 200, 1), ("PUT", 405, 1)]:
        told = requests_of(after, method, status, PROGRESS) - requests_of(before, method, status, PROGRESS)
        assert told == count, (method, status)
    assert requests_of(after, "GET", 200, "/metrics") == requests_of(before, "GET", 200, "/metrics") + 1


def test_nothing_that_clients_send_makes_a_series(solo):
    dice = random.Random(7)

    def word():
        return "".join(dice.choices("abcdefghijklmnopqrstuvwxyz%\"\\{}0123456789", k=dice.randint(1, 12)))

    connection = http.client.HTTPConnection(solo.address, timeout=15)

    def ask(method, path):
        connection.request(method, path, headers={"User-Agent": word(), "traceparent": word()})
        answer = connection.getresponse()
        answer.read()
        return answer.status

    assert ask("GET", "/nowhere") == ask("BREW", "/nowhere") == 404
    assert ask("BREW", "/nowhere?%") == 400
    assert ask("GET", "/datasets/a%20/b/versions/c/progress") == 400
    assert ask("GET", "/datasets/a/b/versions/1.0.0/progress") == 404
    assert ask("BREW", "/jobs/7") == 405
    scrape(solo)
    before = scrape(solo)
    allowed = {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT"}
    for number in range(1000):
        method = "".join(dice.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ", k=dice.randint(1, 12)))
        assert method not in allowed
        assert ask(method, f"/{word()}/{word()}?{word()}={number}") in (404, 400)
        ask("GET", f"/datasets/x{number}/y/versions/1.0.0/progress")
        ask(method, f"/jobs/{number}")
    after = scrape(solo)
    assert series_of(after) == series_of(before)
    unknown = [sum(requests_of(families, "_OTHER", status) for status in (404, 400)) for families in (before, after)]
    assert unknown[1] == unknown[0] + 1000
    assert requests_of(after, "_OTHER", 405, "/jobs/{id}") == 1001
    assert requests_of(after, "GET", 404, PROGRESS) == 1001
    assert requests_of(after, "GET", 400, PROGRESS) == 1


def test_a_log_that_nobody_reads_holds_up_no_client(tmp_path):
    process = subprocess.Popen(
        [BINARY, "solo", "--dir", tmp_path / "solo", "--listen", "127.0.0.1:0"], stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env={**os.environ, "TIDEMARK_ACCESS_LOG": "true"})
    try:
        fcntl.fcntl(process.stderr, fcntl.F_SETPIPE_SZ, 4096)
        log = bytearray()
        while not (said := re.search(rb"http://(127\.0\.0\.1:\d+) ", log)):
            log += os.read(process.stderr.fileno(), 4096)

        connection = http.client.HTTPConnection(said[1].decode(), timeout=15)
        asked = 0

        def ask(path):
            nonlocal asked
            connection.request("GET", path, headers={"X-Request-Id": f"ask-{asked}"})
            asked += 1
            return connection.getresponse().read().decode()

        for _ in range(4000):
            ask("/" + "x" * 500)
        dropped = value(parse(ask("/metrics")), "tidemark_access_log_dropped_total")
        assert 0 < dropped < 4000

        def read_to_end():
            while more := os.read(process.stderr.fileno(), 4096):
                log.extend(more)

        reader = threading.Thread(target=read_to_end)
        reader.start()
        wait_until(lambda: b"access_log_dropped" in log, "the log moves again")
        ask("/healthz")
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0
        reader.join()
    finally:
        end(process)

    told = 0
    lost = 0
    for line in log.decode().splitlines():
        if gap := re.search(r" event=access_log_dropped lines=(\d+)$", line):
            told += int(gap[1])
            lost += int(gap[1])
        elif request := re.search(r" event=http_request .* request_id=ask-(\d+) ", line):
            assert int(request[1]) == told
            told += 1
    assert told == asked
    assert lost >= dropped
