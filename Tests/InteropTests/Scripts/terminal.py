"""terminal.py COLUMNS: runs the commands of standard input, a line each, in a pseudo-terminal of so many columns, and prints what is on the screen
then. A line that a command wrote wider than the terminal is told on standard error, and is the status 1.
"""
import fcntl
import os
import pty
import re
import struct
import sys
import termios

import pyte

columns = int(sys.argv[1])
screen = pyte.Screen(columns, 400)
stream = pyte.ByteStream(screen)
status = 0


def run(command):
    """What the command writes to its terminal, and how it ends."""
    child, terminal = pty.fork()
    if child == 0:
        fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        os.execv("/bin/sh", ["sh", "-c", command])
    written = b""
    while True:
        try:
            read = os.read(terminal, 65536)
        except OSError:  # Linux says so when the last writer is gone.
            break
        if not read:
            break
        written += read
    os.close(terminal)
    return written, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


for command in sys.stdin.read().splitlines():
    stream.feed(f"$ {command}\r\n".encode())
    written, end = run(command)
    stream.feed(written)
    if end:
        stream.feed(f"(exit {end})\r\n".encode())
    for line in written.decode().split("\n"):
        shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", line.rstrip("\r").rpartition("\r")[2])
        if len(shown) > columns:
            print(f"{command}: {len(shown)} columns: {shown}", file=sys.stderr)
            status = 1
print("\n".join(line.rstrip() for line in screen.display).rstrip())
sys.exit(status)
