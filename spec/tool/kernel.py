"""Tests of the notebook's kernel by Jupyter's own client, for kernel_spec.lua.

    JUPYTER_PATH=... python3 spec/tool/kernel.py [MUTANTS]
"""
import os
import queue
import random
import signal
import subprocess
import sys
import time
import unittest

import jupyter_kernel_test
import zmq
from jupyter_client.manager import start_new_kernel

MUTANTS = int(sys.argv.pop(1)) if len(sys.argv) > 1 else 300


class Kernel(jupyter_kernel_test.KernelTests):
    kernel_name = "teasel"
    language_name = "lua"
    file_extension = ".lua"
    code_hello_world = "print 'hello, world'"
    code_stderr = "io.stderr:write 'oops\\n'"
    completion_samples = [
        {"text": "T.stre", "matches": {"stream"}},
        {"text": "x = string.rever", "matches": {"reverse"}},
    ]
    complete_code_samples = ["x = 1", "for i = 1, 2 do print(i) end", "1 + 1", "? T.zeros"]
    incomplete_code_samples = ["for i = 1, 2 do", "f(", "x = [["]
    invalid_code_samples = ["x = = 2", "end"]
    code_inspect_sample = "T.zeros"
    code_generate_error = "error 'wrong'"
    code_execute_result = [
        {"code": "6*7", "result": "42"},
        {"code": "local a = 6\na * 7", "result": "42"},
        {"code": "a * 7", "result": "42"},
    ]
    code_display_data = [
        {"code": "show(T.stream(1):uniform{4, 16, 16, 1})", "mime": "image/png"},
        {"code": "plot{y = {1, 2, 4}}", "mime": "image/png"},
        {"code": "display({{1, 2}, {3, 4}})", "mime": "text/html"},
        {"code": "animate(T.stream(1):uniform{4, 16, 16, 1})", "mime": "image/png"},
    ]
    code_history_pattern = "6?7"
    supported_history_operations = ("tail", "range", "search")

    def drain(self):
        """the package's own flush_channels refuses messages of widgets"""
        for get in (self.kc.get_shell_msg, self.kc.get_iopub_msg):
            try:
                while True:
                    get(timeout=0.02)
            except queue.Empty:
                pass

    def run_cell(self, code, **options):
        """-> the reply and all that was published because of it"""
        self.drain()
        sent = self.kc.execute(code, **options)
        published = []
        while not published or published[-1]["content"].get("execution_state") != "idle":
            m = self.kc.get_iopub_msg(timeout=30)
            if m["parent_header"].get("msg_id") == sent:
                published.append(m)
        return self.kc.get_shell_msg(timeout=30)["content"], published

    def flush_channels(self):
        self.drain()

    def value(self, code):
        reply, published = self.run_cell(code)
        self.assertEqual(reply["status"], "ok", reply)
        found = [m["content"]["data"] for m in published if m["msg_type"] == "execute_result"]
        return found[0] if found else None

    def interrupt(self, code):
        self.drain()
        self.kc.execute(code)
        while self.kc.get_iopub_msg(timeout=10)["content"].get("execution_state") != "busy":
            pass
        time.sleep(0.3)
        began = time.monotonic()
        self.km.interrupt_kernel()
        reply = self.kc.get_shell_msg(timeout=20)["content"]
        self.assertEqual(reply["status"], "error")
        self.assertIn("interrupted", reply["evalue"])
        self.assertEqual(self.value("1 + 1")["text/plain"], "2")
        return time.monotonic() - began

    def test_interrupt(self):
        self.interrupt("while true do end")
        self.interrupt("coroutine.wrap(function() while true do end end)()")
        self.interrupt("local x = T.ones(300, 300) while true do x = x:matmul(x) * 0 end")
        self.km.interrupt_kernel()   # between cells it ends nothing
        self.assertEqual(self.value("2 + 2")["text/plain"], "4")

    def test_order_of_output(self):
        reply, published = self.run_cell(
            "io.write 'a' os.execute 'echo b' print 'c' show(T.zeros(1, 8, 8, 1)) print 'd'"
            " io.stderr:write 'e\\n' os.execute 'echo f 1>&2'")
        self.assertEqual(reply["status"], "ok", reply)
        told = ""
        for m in published:
            if m["msg_type"] == "stream":
                told += m["content"]["text"]
            elif m["msg_type"] == "display_data":
                told += "[image]\n"
        self.assertEqual(told, "ab\nc\n[image]\nd\ne\nf\n")

    def test_large_output(self):
        reply, published = self.run_cell("for i = 1, 20000 do print(i) end")
        text = "".join(m["content"]["text"] for m in published if m["msg_type"] == "stream")
        self.assertEqual(text, "".join("%d\n" % i for i in range(1, 20001)))
        self.assertLess(len(published), 2000)
        self.assertEqual(len(self.value("('x'):rep(1 << 20);('y'):rep(1 << 20)") or ""), 0)

    def test_bytes_that_are_no_characters(self):
        _, published = self.run_cell("print 'a\\xff\\xc3\\xa4'")
        self.assertEqual([m["content"]["text"] for m in published if m["msg_type"] == "stream"],
                         ["a\\xFF\u00e4\n"])

    def test_places_are_characters(self):
        code = 'x = "\u00e4\U0001F600"; T.stre'
        self.drain()
        self.kc.complete(code, len(code))
        content = self.kc.get_shell_msg(timeout=10)["content"]
        self.assertEqual(content["matches"], ["stream"])
        self.assertEqual(content["cursor_start"], len(code) - 4)
        self.assertEqual(content["cursor_end"], len(code))

    def test_values(self):
        self.assertIn("image/png", self.value("T.zeros(2, 8, 8, 3)"))
        self.assertNotIn("image/png", self.value("T.zeros(2, 8, 8, 3) - 1"))
        self.assertEqual(self.value("{{a = 1, b = 'x<y'}, {a = 2, b = 'z'}}")["text/html"].count(
            "<tr>"), 3)
        self.assertIsNone(self.value("7;"))
        self.assertIsNone(self.value("local y = 7\ny;"))
        own = self.value("setmetatable({}, {__display = function() return "
                         "{['text/html'] = '<b>own</b>'} end})")
        self.assertEqual(own["text/html"], "<b>own</b>")

    def test_updates(self):
        _, published = self.run_cell("display(1, 'a') display(2, 'a')")
        self.assertEqual([m["msg_type"] for m in published if "display" in m["msg_type"]],
                         ["display_data", "update_display_data"])
        _, published = self.run_cell(
            "for i = 1, 3 do io.stderr:write('\\r', i, '\\27[K', i == 3 and '\\n' or '') end")
        self.assertEqual([(m["msg_type"], m["content"]["data"]["text/plain"]) for m in published
                          if "display" in m["msg_type"]],
                         [("display_data", "1"), ("update_display_data", "2"),
                          ("update_display_data", "3")])

    def test_cells_behind_one_that_failed(self):
        self.drain()
        first = self.kc.execute("local t = os.clock() while os.clock() < t + 0.2 do end error 'x'")
        second = self.kc.execute("after = true")
        status = {}
        while len(status) < 2:
            m = self.kc.get_shell_msg(timeout=10)
            status[m["parent_header"]["msg_id"]] = m["content"]["status"]
        self.assertEqual([status[first], status[second]], ["error", "aborted"])
        time.sleep(0.1)
        self.assertIsNone(self.value("after"))

    def test_typed_input(self):
        self.drain()
        self.kc.execute("name = io.read()", allow_stdin=True)
        self.kc.get_stdin_msg(timeout=10)
        self.kc.input("Ada")
        self.assertEqual(self.kc.get_shell_msg(timeout=10)["content"]["status"], "ok")
        self.assertEqual(self.value("name")["text/plain"], '"Ada"')
        reply, _ = self.run_cell("io.read()", allow_stdin=False)
        self.assertIn("takes no input", reply["evalue"])

    def test_expressions(self):
        self.drain()
        self.kc.execute("b = 4", user_expressions={"good": "b + 1", "bad": "nil + 1"})
        found = self.kc.get_shell_msg(timeout=10)["content"]["user_expressions"]
        self.assertEqual(found["good"]["data"]["text/plain"], "5")
        self.assertEqual(found["bad"]["status"], "error")

    def test_sliders(self):
        view = ("T.view{decode = function(z) return T.expand(z:slice(2, 1, 1):reshape{#z, 1, 1, 1},"
                " {#z, 8, 8, 1}) * 0.1 + 0.5 end, prior = function(s, n) return s:normal{n, 2} end,"
                " latents = {{}, {name = 'size'}}}")
        if self.value("T.view")is None:
            view = view.replace("T.view", "require 'teasel.model.view'")
        _, published = self.run_cell(
            "see = nil for i = 1, 99 do local n, v = debug.getupvalue(open, i) if n == 'see' then"
            " see = v end end r = require('teasel.tool.repl.explore').of({view = %s}, see)"
            " r:sliders{seed = 3}" % view)
        opened = {m["content"]["comm_id"]: m["content"]["data"] for m in published
                  if m["msg_type"] == "comm_open"}
        sliders = [i for i, d in opened.items() if d["_model_name"] == "FloatSliderModel"]
        self.assertEqual(sorted(opened[i]["description"] for i in sliders), ["size", "z1"])
        shown = [m["content"]["data"] for m in published if m["msg_type"] == "display_data"][0]
        self.assertIn("image/png", shown)   # for a page without widgets
        self.assertIn(shown["application/vnd.jupyter.widget-view+json"]["model_id"], opened)
        # Debian's page asks for the version first, and is told to show them
        self.kc.shell_channel.send(self.kc.session.msg(
            "comm_open", {"comm_id": "v", "target_name": "jupyter.widget.version", "data": {}}))
        time.sleep(0.3)
        _, published = self.run_cell("r:sliders{seed = 3}")
        self.assertEqual(published[-2]["content"]["data"], {"method": "display"})
        image = [i for i, d in opened.items() if d["_model_name"] == "HTMLModel"][0]
        moved = [i for i in sliders if opened[i]["description"] == "z1"][0]
        for data in ({"method": "update", "state": {"value": 2}},
                     {"method": "backbone", "sync_data": {"value": -2}}):
            self.drain()
            m = self.kc.session.msg("comm_msg", {"comm_id": moved, "data": data})
            self.kc.shell_channel.send(m)
            while True:
                got = self.kc.get_iopub_msg(timeout=10)
                if got["msg_type"] == "comm_msg":
                    break
            self.assertEqual(got["content"]["comm_id"], image)
            self.assertNotEqual(got["content"]["data"]["state"]["value"], opened[image]["value"])

    def test_frames_that_are_no_messages(self):
        """nothing of a message that was changed is executed, and the kernel goes on"""
        random.seed(1)
        ctx = zmq.Context.instance()
        socket = ctx.socket(zmq.DEALER)
        socket.linger = 0
        socket.connect("tcp://%s:%d" % (self.kc.ip, self.kc.shell_port))
        session = self.kc.session
        self.value("hits = 0")
        for k in range(MUTANTS):
            m = session.msg("execute_request", {"code": "hits = hits + 1", "silent": True})
            frames = [bytes(f) for f in session.serialize(m)]
            how = k % 5
            i = random.randrange(1, len(frames))
            f = bytearray(frames[i])
            if how == 0 and f:
                f[random.randrange(len(f))] ^= 1 << random.randrange(8)
                frames[i] = bytes(f)
            elif how == 1:
                del frames[i]
            elif how == 2:
                frames[i] = bytes(f[:len(f) // 2]) if f else b"x"
            elif how == 3:
                frames = [os.urandom(random.randrange(60)) for _ in range(random.randrange(1, 200))]
            else:
                j = 1 if i > 1 else 2
                frames[i], frames[j] = frames[j], frames[i]
            socket.send_multipart(frames)
        self.assertEqual(self.value("hits")["text/plain"], "0")
        frames = session.serialize(session.msg("execute_request", {"code": "hits = hits + 1"}))
        socket.send_multipart(frames)
        socket.close()
        for _ in range(50):
            if self.value("hits")["text/plain"] == "1":
                break
        self.assertEqual(self.value("hits")["text/plain"], "1")


class Process(unittest.TestCase):
    def test_two_at_once(self):
        one, a = start_new_kernel(kernel_name="teasel")
        two, b = start_new_kernel(kernel_name="teasel")
        try:
            for client, n in ((a, 1), (b, 2)):
                client.execute_interactive("x = %d" % n, timeout=20)
            for client, n in ((a, 1), (b, 2)):
                told = []
                client.execute_interactive("io.write(x)", timeout=20, output_hook=told.append)
                self.assertIn(str(n), [m["content"].get("text") for m in told])
        finally:
            for client, manager in ((a, one), (b, two)):
                client.stop_channels()
                manager.shutdown_kernel()

    def test_no_orphan(self):
        parent = subprocess.Popen(
            [sys.executable, "-c", "import time\nfrom jupyter_client.manager import *\n"
             "m, c = start_new_kernel(kernel_name='teasel')\n"
             "c.execute('while true do end')\nprint(m.provisioner.pid, flush=True)\n"
             "time.sleep(60)"],
            stdout=subprocess.PIPE, text=True)
        pid = int(parent.stdout.readline())
        parent.send_signal(signal.SIGKILL)
        parent.wait()
        parent.stdout.close()
        for _ in range(150):
            try:
                with open("/proc/%d/stat" % pid) as f:
                    if f.read().split(") ")[1][0] == "Z":
                        return
            except OSError:
                return
            time.sleep(0.1)
        os.kill(pid, signal.SIGKILL)
        self.fail("the kernel outlives its parent")


if __name__ == "__main__":
    unittest.main()
