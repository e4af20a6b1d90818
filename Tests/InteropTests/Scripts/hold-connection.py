"""hold-connection.py ADDRESS ROOT: keeps a verified connection to port 6443 open and says when the other side closes it."""
import socket
import ssl
import sys

address, root = sys.argv[1:]
context = ssl.create_default_context(cafile=root)
with context.wrap_socket(socket.create_connection((address, 6443), 10), server_hostname=address) as connection:
    connection.settimeout(None)
    print("connected", flush=True)
    try:
        connection.recv(1)
    except OSError:
        pass
    print("closed", flush=True)
