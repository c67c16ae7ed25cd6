"""A JSON-RPC node that misbehaves when told to: a proxy before a real one, on loopback.

    with HostileNode(anvil.url) as node:
        rule = node.inject("status", code=429, method="eth_getBlockByNumber", first_call=3, times=2)
        ... node.url ...
        node.heal()

`method` and `block` say which calls a fault is about, `first_call` from which of these on (counted
from 1), and `times` how many requests it strikes; without them it strikes every request until
`heal`. A request that holds several such calls is struck once. The faults are the functions in FAULTS.
"""

import asyncio
import itertools
import json
import threading
from urllib.parse import urlsplit

HEAD_LIMIT_BYTES = 1 << 20  # Of a request's head.
NUMBERED = "numbered"  # As `block`: calls about a block by its number, not by a tag.


async def post(url, body):
    """The body of the answer of the node at `url`."""
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    try:
        writer.write(b"POST / HTTP/1.1\r\nHost: node\r\nContent-Type: application/json\r\n"
                     b"Content-Length: %d\r\nConnection: close\r\n\r\n" % len(body) + body)
        answer = await reader.read()
    finally:
        writer.close()
    return answer.partition(b"\r\n\r\n")[2]


class Exchange:
    """One request on its way: what was asked, and the ways to answer it."""

    def __init__(self, node, body, writer):
        self.node = node
        self.writer = writer
        question = json.loads(body)
        self.is_batch = isinstance(question, list)
        self.calls = question if self.is_batch else [question]
        self.struck = []  # The calls that the fault is about.

    async def ask(self, calls=None, target=0):
        """What the real node answers to the calls, one by one in their order."""
        answers = json.loads(await post(self.node.targets[target],
                                        json.dumps(calls or self.calls).encode()))
        by_id = {answer["id"]: answer for answer in answers}
        return [by_id[call["id"]] for call in self.calls]

    def pack(self, answers):
        return json.dumps(answers if self.is_batch else answers[0]).encode()

    async def reply(self, body, status=200, headers=(), length=None):
        lines = [f"HTTP/1.1 {status} Whatever", "Content-Type: application/json",
                 f"Content-Length: {len(body) if length is None else length}", *headers]
        await self.send("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    async def send(self, data):
        self.writer.write(data)
        await self.writer.drain()

    async def edit(self, change):
        """Answers as the real node does, but for `change(result, call)` of the calls struck."""
        answers = await self.ask()
        for call, answer in zip(self.calls, answers):
            if call in self.struck:
                answer["result"] = change(answer["result"], call)
        await self.reply(self.pack(answers))

    async def ask_instead(self, replace):
        """Answers the calls struck as if `replace(call)` had been asked."""
        calls = [{**replace(call), "id": call["id"]} if call in self.struck else call
                 for call in self.calls]
        return await self.ask(calls)


async def silent(exchange):
    """Takes the request and never answers."""
    await asyncio.Event().wait()


async def dripping(exchange):
    """Answers a byte now and then, without end."""
    await exchange.reply(b"[", length=1 << 20)
    while True:
        await asyncio.sleep(0.05)
        await exchange.send(b" ")


async def status(exchange, code, retry_after=None):
    headers = [] if retry_after is None else [f"Retry-After: {retry_after}"]
    await exchange.reply(b"<html>no</html>", code, headers)


async def dropped(exchange):
    exchange.writer.transport.abort()


async def half_sent(exchange):
    body = exchange.pack(await exchange.ask())
    await exchange.reply(body[:len(body) // 2], length=len(body))
    exchange.writer.close()


async def half_as_whole(exchange):
    """Half of the answer, called all of it."""
    body = exchange.pack(await exchange.ask())
    await exchange.reply(body[:len(body) // 2])


async def nonsense(exchange, text):
    await exchange.reply(text.encode())


async def other_ids(exchange):
    answers = await exchange.ask()
    await exchange.reply(exchange.pack([{**a, "id": a["id"] + 1000} for a in answers]))


async def ids_exchanged(exchange):
    """Each answer of a batch has its neighbour's id."""
    answers = await exchange.ask()
    ids = [answer["id"] for answer in answers]
    await exchange.reply(exchange.pack([{**a, "id": i} for a, i in zip(answers, ids[1:] + ids[:1])]))


async def shuffled(exchange):
    """A batch answered from its end, as the standard allows."""
    await exchange.reply(exchange.pack((await exchange.ask())[::-1]))


async def other_block(exchange):
    """The block below the one that was asked for."""
    answers = await exchange.ask_instead(below)
    await exchange.reply(exchange.pack(answers))


async def other_block_relabelled(exchange):
    """The block below, with the number that was asked for."""
    answers = await exchange.ask_instead(below)
    for call, answer in zip(exchange.calls, answers):
        if call in exchange.struck:
            relabel(answer["result"], blockNumber=call["params"][0], number=call["params"][0])
    await exchange.reply(exchange.pack(answers))


async def other_block_in_disguise(exchange):
    """The receipts of the block below, with the number and hash of the one that was asked for."""
    blocks = await exchange.ask_instead(
        lambda call: {**call, "method": "eth_getBlockByNumber", "params": [call["params"][0], False]})
    answers = await exchange.ask_instead(below)
    for call, block, answer in zip(exchange.calls, blocks, answers):
        if call in exchange.struck:
            relabel(answer["result"], blockNumber=call["params"][0],
                    blockHash=block["result"]["hash"])
    await exchange.reply(exchange.pack(answers))


async def null(exchange):
    await exchange.edit(lambda result, call: None)


async def too_few(exchange):
    """A list without its last element."""
    await exchange.edit(lambda result, call: result[:-1])


async def empty(exchange):
    await exchange.edit(lambda result, call: [])


async def without_logs(exchange):
    await exchange.edit(lambda result, call: [{**receipt, "logs": []} for receipt in result])


async def logs_relabelled(exchange, **members):
    """Receipts of the block, whose logs say that they are of another."""
    def change(result, call):
        for receipt in result:
            for log in receipt["logs"]:
                log.update(members)
        return result
    await exchange.edit(change)


async def head_back(exchange, blocks):
    """The head is some blocks lower than it is."""
    newest = int((await exchange.ask_instead(
        lambda call: {**call, "method": "eth_blockNumber", "params": []}))[0]["result"], 16)
    answers = await exchange.ask_instead(
        lambda call: {**call, "params": [hex(max(newest - blocks, 0)), False]})
    await exchange.reply(exchange.pack(answers))


async def other_node(exchange, chain_id=None):
    """Another node's answer, which may also be of another chain."""
    answers = await exchange.ask(target=1)
    for call, answer in zip(exchange.calls, answers):
        if chain_id is not None and call["method"] == "eth_chainId":
            answer["result"] = hex(chain_id)
    await exchange.reply(exchange.pack(answers))


async def in_turns(exchange):
    """Two nodes behind one address."""
    await exchange.reply(exchange.pack(await exchange.ask(target=next(exchange.node.turns) % 2)))


async def error(exchange, code, message):
    """The calls struck are refused, the others answered."""
    answers = await exchange.ask()
    await exchange.reply(exchange.pack([
        {"jsonrpc": "2.0", "id": call["id"], "error": {"code": code, "message": message}}
        if call in exchange.struck else answer
        for call, answer in zip(exchange.calls, answers)]))


async def one_error(exchange, code, message):
    """One error for the request, however many calls it has."""
    answer = {"jsonrpc": "2.0", "id": None, "error": {"code": code, "message": message}}
    await exchange.reply(json.dumps(answer).encode())


async def huge(exchange, size_bytes, tells_length):
    """An answer that is well so far, and goes on and on."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
    head += b"Content-Length: %d\r\n\r\n" % size_bytes if tells_length else b"Connection: close\r\n\r\n"
    await exchange.send(head + b'[{"jsonrpc":"2.0","id":1,"result":"0x')
    piece = b"0" * (1 << 20)
    for _ in range(size_bytes >> 20):
        await exchange.send(piece)
    exchange.writer.close()


def below(call):
    return {**call, "params": [hex(int(call["params"][0], 16) - 1), *call["params"][1:]]}


def relabel(value, **members):
    """Sets the members wherever they are."""
    if isinstance(value, list):
        for element in value:
            relabel(element, **members)
    elif isinstance(value, dict):
        value.update({name: new for name, new in members.items() if name in value})
        for element in value.values():
            relabel(element, **members)


FAULTS = {fault.__name__: fault for fault in [
    silent, dripping, status, dropped, half_sent, half_as_whole, nonsense, other_ids, ids_exchanged,
    shuffled, other_block, other_block_relabelled, other_block_in_disguise, null, too_few, empty,
    without_logs, logs_relabelled, head_back, other_node, in_turns, error, one_error, huge]}


class Rule:
    """A fault, and when it strikes."""

    def __init__(self, fault, method, block, first_call, times, arguments):
        self._fault = FAULTS[fault]
        self._method = method
        self._block = hex(block) if isinstance(block, int) else block
        self._first_call = first_call
        self._times = times
        self._arguments = arguments
        self.seen = 0    # Calls that it is about.
        self.struck = 0  # Requests that it was answered to.

    def _is_about(self, call):
        if self._method not in (None, call["method"]):
            return False
        block = call["params"][0] if call["params"] else None
        if self._block == NUMBERED:
            return isinstance(block, str) and block.startswith("0x")
        return self._block in (None, block)

    def strikes(self, exchange):
        about = [call for call in exchange.calls if self._is_about(call)]
        numbers = range(self.seen + 1, self.seen + len(about) + 1)
        self.seen += len(about)
        exchange.struck = [call for call, number in zip(about, numbers)
                           if number >= self._first_call]
        if not exchange.struck or self._times is not None and self.struck >= self._times:
            return False
        self.struck += 1
        return True

    async def answer(self, exchange):
        await self._fault(exchange, **self._arguments)


class HostileNode:
    """Serves until closed. `other` is a second node, for the faults that need one."""

    def __init__(self, target, other=None):
        self.targets = [target, other]
        self.turns = itertools.count()
        self.requests = 0
        self._rules = ()  # Replaced, never changed, for the loop reads it meanwhile.
        self._connections = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server = self._do(asyncio.start_server(self._serve, "127.0.0.1", 0,
                                                     limit=HEAD_LIMIT_BYTES))
        self.name = "127.0.0.1:%d" % self._server.sockets[0].getsockname()[1]
        self.url = f"http://{self.name}"

    def _do(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(timeout=30)

    def inject(self, fault, *, method=None, block=None, first_call=1, times=None, **arguments):
        rule = Rule(fault, method, block, first_call, times, arguments)
        self._rules = (*self._rules, rule)
        return rule

    def heal(self):
        """From now on it is the real node; whoever still waits for an answer gets none."""
        self._rules = ()

    async def _serve(self, reader, writer):
        task = asyncio.current_task()
        self._connections.add(task)
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:-2])
                body = await reader.readexactly(int(fields[b"content-length"]))
                self.requests += 1
                await self._answer(Exchange(self, body, writer))
                if writer.is_closing():
                    return
        except (OSError, EOFError):  # The client has gone.
            pass
        except asyncio.CancelledError:
            pass
        finally:
            self._connections.discard(task)
            writer.close()

    async def _answer(self, exchange):
        for rule in self._rules:
            if rule.strikes(exchange):
                await rule.answer(exchange)
                return
        await exchange.reply(exchange.pack(await exchange.ask()))

    async def _end(self):
        self._server.close()
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    def close(self):
        self._do(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=10)
        self._loop.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
