"""A terminal with a program in it. What it shows is written to screen.json, and what a person does is read from do.json.

    terminal.py DIRECTORY COLUMNS ROWS PROGRAM ARGUMENT...

do.json is a list that grows: {"type": "..."}, {"size": [columns, rows]}, {"signal": number}.
"""
import fcntl, json, os, pty, select, struct, sys, termios, time

import pyte

directory, columns, rows = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
screen = pyte.Screen(columns, rows)
stream = pyte.ByteStream(screen)
child, terminal = pty.fork()
if child == 0:
    time.sleep(0.2)  # until the terminal has its size
    os.execv(sys.argv[4], sys.argv[4:])


def resize():
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def tell(status):
    text = {"lines": [line.rstrip() for line in screen.display], "raw": raw.decode(errors="replace"), "status": status}
    with open(f"{directory}/screen.new", "w") as file:
        json.dump(text, file)
    os.rename(f"{directory}/screen.new", f"{directory}/screen.json")


resize()
raw, done, status = b"", 0, None
tell(None)
deadline = time.monotonic() + 120
while time.monotonic() < deadline:
    if select.select([terminal], [], [], 0.05)[0]:
        try:
            read = os.read(terminal, 65536)
        except OSError:
            break
        raw += read
        stream.feed(read)
        tell(None)
    try:
        with open(f"{directory}/do.json") as file:
            wanted = json.load(file)
    except (FileNotFoundError, ValueError):
        continue
    for step in wanted[done:]:
        if "type" in step:
            os.write(terminal, step["type"].encode())
        elif "signal" in step:
            os.kill(child, step["signal"])
        else:
            columns, rows = step["size"]
            screen.resize(rows, columns)
            resize()
    done = len(wanted)
else:
    os.kill(child, 9)
tell(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
