# Plays the user of a program at a pseudo terminal: python3 user.py PROGRAM [ARGUMENT ...], with the
# steps on standard input, one a line, texts in JSON:
#   send "text"     types it
#   wait "text"     until the program has written it, after what the last wait found; at most 30 s
#   pause 0.2       seconds
#   size 40 100     rows and columns of the terminal
# Writes all that the program wrote and ends with its status; 99 where a text did not come.
import fcntl, json, os, pty, select, struct, sys, termios, time

steps = [line.split(None, 1) for line in sys.stdin.read().splitlines() if line.strip()]
child, fd = pty.fork()
if child == 0:
    os.execv(sys.argv[1], sys.argv[1:])
LIMIT = 30   # seconds that a wait may take
seen, place = b"", 0


def read(seconds):
    global seen
    ready, _, _ = select.select([fd], [], [], seconds)
    if not ready:
        return True
    try:
        more = os.read(fd, 65536)
    except OSError:
        more = b""
    seen += more
    return len(more) > 0


def finish(status):
    sys.stdout.buffer.write(seen)
    sys.stdout.flush()
    os._exit(status)


for what, rest in steps:
    if what == "send":
        os.write(fd, json.loads(rest).encode("latin-1"))
    elif what == "size":
        rows, columns = map(int, rest.split())
        fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    elif what == "pause":
        end = time.monotonic() + float(rest)
        while time.monotonic() < end and read(0.05):
            pass
    else:
        wanted, end, alive = json.loads(rest).encode("latin-1"), time.monotonic() + LIMIT, True
        while seen.find(wanted, place) < 0:
            if not alive or time.monotonic() > end:
                seen += b"\n-- did not come: " + wanted
                os.kill(child, 9)
                finish(99)
            alive = read(0.2)
        place = seen.find(wanted, place) + len(wanted)
end = time.monotonic() + 30
while time.monotonic() < end and read(1):
    pass
_, status = os.waitpid(child, os.WNOHANG)
finish(os.waitstatus_to_exitcode(status) % 256)
