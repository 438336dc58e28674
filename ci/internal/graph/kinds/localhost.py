"""Runs a command beside ports of its own machine that lead to services.

The file beside this one names them, a line each: the port here, the service, and its port.
"""

import os
import socket
import sys
import threading


def ports():
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "ports")) as lines:
        for line in lines:
            here, host, port = line.split()
            yield int(here), host, int(port)


def listeners(port):
    """Those that can be had: a machine may have no IPv6."""
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        try:
            listener = socket.socket(family, socket.SOCK_STREAM)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((address, port))
            listener.listen(128)
        except OSError as error:
            if family == socket.AF_INET:
                sys.stderr.write("port {} of localhost leads to no service: {}\n".format(port, error))
            continue
        yield listener


def carry(source, target):
    """Hands on what comes, to its end."""
    try:
        data = source.recv(65536)
        while data:
            target.sendall(data)
            data = source.recv(65536)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        for end in (source, target):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


def join(here, host, port):
    try:
        there = socket.create_connection((host, port))
    except OSError:
        here.close()
        return
    for end in (here, there):
        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    back = threading.Thread(target=carry, args=(there, here), daemon=True)
    back.start()
    carry(here, there)
    back.join()
    here.close()
    there.close()


def serve(listener, host, port):
    while True:
        here, _ = listener.accept()
        threading.Thread(target=join, args=(here, host, port), daemon=True).start()


def apart():
    """Whether this is a process that the command does not have as a child."""
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        return False
    os.setsid()
    if os.fork():
        os._exit(0)
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(nothing, stream)
    return True


def main():
    served = [(listener, host, port) for here, host, port in ports() for listener in listeners(here)]
    if not apart():
        os.execvp("sh", ["sh", "-c", 'exec "$@"', "sh"] + sys.argv[1:])  # Which says what is not there.
    running = [threading.Thread(target=serve, args=one) for one in served]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()  # Some releases of Python start no thread once the first one has ended.


main()
