"""Chain heads: known to every server, asked for once, and never in the way of an answer."""

import contextlib
import http.server
import json
import socket
import socketserver
import threading
import time
import urllib.request

import pytest
from apart import Deployment
from conftest import Solo, end, wait_until

FAST = {"TIDEMARK_HEADS_POLL_INTERVAL_MS": "200", "TIDEMARK_HEADS_PROVIDER_REFRESH_MS": "200"}


class Proxy:
    """Stands before a node and counts the questions for its heads."""

    def __init__(self, target):
        self._target = target
        self._port = 0
        self._connections = []
        self.heads = {"latest": 0, "finalized": 0}
        self.delay_s = 0
        self.answer = None  # Instead of the node's.
        self.start()

    def start(self):
        proxy = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                for tag in proxy.heads:
                    proxy.heads[tag] += body.count(f'"{tag}"'.encode())
                time.sleep(proxy.delay_s)
                answer = proxy.answer
                if answer is None:
                    with urllib.request.urlopen(urllib.request.Request(
                            proxy._target, body, {"Content-Type": "application/json"})) as reply:
                        answer = reply.read()
                self.send_response(200)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_):
                pass

        class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
            daemon_threads = True
            allow_reuse_address = True

            def get_request(self):
                accepted = super().get_request()
                proxy._connections.append(accepted[0])
                return accepted

        self._server = Server(("127.0.0.1", self._port), Handler)
        self._port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self._port}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self):
        self._server.shutdown()
        self._server.server_close()
        # Those that a client keeps open would be answered as before.
        for connection in self._connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._connections.clear()


@pytest.fixture
def proxy(anvil):
    anvil.mine(30)
    before = Proxy(anvil.url)
    yield before
    before.stop()


@pytest.fixture
def deployment(tmp_path, proxy):
    """Its provider is there before any server is."""
    providers = tmp_path / "lake/providers"
    providers.mkdir(parents=True)
    (providers / "local.toml").write_text(
        f'kind = "evm-rpc"\nnetwork = "anvil"\nurl = "{proxy.url}"\n')
    (providers / "fire.toml").write_text(
        'kind = "firehose"\nnetwork = "mainnet"\nurl = "https://127.0.0.1:1"\n')
    with Deployment(tmp_path, "--db", f"sqlite:{tmp_path}/lake/meta.db",
                    "--data", tmp_path / "lake/data", environment=FAST) as parts:
        yield parts


def head_of(server, network="anvil", tag="latest"):
    """What the server says, once it has read its provider files."""
    path = f"/networks/{network}/head?tag={tag}"
    wait_until(lambda: server.request("GET", path)[0] == 200, "the network is known")
    return server.get(path)


def wait_for_head(server, number):
    return wait_until(lambda: (head := head_of(server))["number"] == number and head,
                      f"block {number} is seen")


def test_every_head_is_told_with_its_source_and_time(anvil, deployment):
    server = deployment.server()
    head = wait_for_head(server, anvil.head())
    block = anvil.block(anvil.head())
    assert head["hash"] == block["hash"] and head["timestamp"] == int(block["timestamp"], 16)
    assert head["source"] == "local" and head["reason"] is None
    final = head_of(server, tag="finalized")
    assert final["number"] == int(anvil.call("eth_getBlockByNumber", "finalized", False)["number"], 16)

    networks = {network["network"]: network for network in server.get("/networks")["networks"]}
    assert networks["anvil"]["latest"]["number"] == anvil.head()
    assert networks["mainnet"]["latest"]["number"] is None
    assert networks["mainnet"]["latest"]["reason"] == "PROVIDER_UNSUPPORTED"
    assert server.request("GET", "/networks/nowhere/head")[0] == 404

    lines = server.cli("network", "list").splitlines()
    assert lines[0].split() == ["NETWORK", "LATEST", "FINALIZED", "SOURCE", "SEEN", "PROBLEM"]
    assert lines[1].split()[:4] == ["anvil", str(anvil.head()), str(final["number"]), "local"]
    assert head["hash"] in server.cli("network", "head", "anvil")
    assert json.loads(server.cli("network", "head", "anvil", "--json"))["network"] == "anvil"
    server.cli("network", "head", "nowhere", code=3)


def test_two_servers_ask_the_provider_once_an_interval_in_all(anvil, proxy, deployment):
    servers = [deployment.server("a"), deployment.server("b")]
    for server in servers:
        wait_for_head(server, anvil.head())
    began, asked = time.monotonic(), proxy.heads["latest"]
    wait_until(lambda: proxy.heads["latest"] >= asked + 15, "it is asked 15 times")
    # One of them alone needs 14 intervals and more for 15 questions; both would need 7.
    assert time.monotonic() - began > 14 * 0.2 * 0.8

    # Both follow, and so does the one that is left, whichever it is.
    for survivor, other in (servers, servers[::-1]):
        anvil.mine()
        wait_for_head(survivor, anvil.head())
        wait_for_head(other, anvil.head())
    assert servers[0].stop() < 5
    anvil.mine()
    wait_for_head(servers[1], anvil.head())
    servers[0].start()
    wait_for_head(servers[0], anvil.head())
    servers[1].kill()
    anvil.mine()
    wait_for_head(servers[0], anvil.head())


def test_progress_tells_the_head_and_the_lag_only_if_asked(anvil, deployment):
    server, worker = deployment.server(), deployment.worker()
    server.cli("dataset", "register", "demo/anvil", "--network", "anvil", "--tag", "1.0.0")
    server.cli("dataset", "deploy", "demo/anvil@1.0.0", "--end-block", "20")
    server.wait_for_block(20)
    wait_for_head(server, anvil.head())
    path = "/datasets/demo/anvil/versions/1.0.0/progress"
    for table in server.get(f"{path}?include=head")["tables"]:
        [head] = table["head"]
        assert (head["network"], head["number"]) == ("anvil", anvil.head())
        assert head["lag"] == anvil.head() - 20 and head["source"] == "local"
    assert all("head" not in table for table in server.get(path)["tables"])
    shown = server.cli("progress", "demo/anvil", "--include", "head,health,gaps")
    assert f"block {anvil.head()}, {anvil.head() - 20} behind" in shown
    assert "health  " in shown
    assert worker.stop() < 5


def test_a_provider_that_is_gone_is_a_reason_and_no_delay(anvil, proxy, deployment):
    server = deployment.server()
    server.cli("dataset", "register", "demo/anvil", "--network", "anvil", "--tag", "1.0.0")
    path = "/datasets/demo/anvil/versions/1.0.0/progress?include=head"
    seen = wait_for_head(server, anvil.head())["number"]
    proxy.stop()
    gone = wait_until(lambda: (head := head_of(server))["reason"] and head, "its loss is noticed")
    assert gone["reason"] == "PROVIDER_UNREACHABLE" and gone["number"] == seen
    assert gone["detail"].startswith("local: ")
    older = wait_until(lambda: (head := head_of(server))["age_ms"] > 0 and head, "the head ages")
    assert older["number"] == seen

    began = time.monotonic()
    for _ in range(50):
        assert server.request("GET", path)[0] == 200
    assert time.monotonic() - began < 5

    proxy.start()
    anvil.mine()
    wait_for_head(server, anvil.head())
    assert head_of(server)["reason"] is None


@pytest.mark.parametrize("answer", [
    b"", b"no json", b"{}", b'{"jsonrpc":"2.0","id":1,"result":{"number":"0x7"}}',
    b'{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"no such method"}}'])
def test_a_provider_that_talks_nonsense_is_a_null_with_a_reason(proxy, deployment, answer):
    proxy.answer = answer
    server = deployment.server()
    wait_until(lambda: head_of(server)["reason"] == "PROVIDER_UNREACHABLE", "nobody believes it")
    assert head_of(server)["number"] is None


def test_a_slow_provider_delays_neither_answers_nor_the_stop(proxy, deployment):
    proxy.delay_s = 30
    server = deployment.server()
    wait_until(lambda: proxy.heads["finalized"] > 0, "it is asked")
    began = time.monotonic()
    assert head_of(server)["reason"] == "NOT_ASKED_YET"
    assert server.stop() < 3
    assert time.monotonic() - began < 4


def test_solo_knows_heads_too(anvil, tmp_path):
    anvil.mine(3)
    solo = Solo(tmp_path / "solo", environment=FAST)
    try:
        assert solo.get("/networks") == {"networks": []}
        solo.cli("provider", "add", "local", "--network", "anvil", "--rpc-url", anvil.url)
        head = wait_until(lambda: (answer := solo.request("GET", "/networks/anvil/head"))[0] == 200
                          and json.loads(answer[2])["number"] == 3, "the head is seen")
        assert head
    finally:
        end(solo.process)
