"""The AWS CLI for a run of many commands: python aws.py SOCKET

Starting Python and importing the CLI costs several times what a command does. This process imports it once and gives each command
a process of its own by fork, with the arguments, the folder and the environment that the connection's one line of JSON names; the
connection is answered by one line with the exit code and what the command printed. It ends, with whatever still runs, when its
standard input does.
"""
import gc
import json
import os
import shutil
import signal
import socketserver
import sys
import tempfile
import threading

import awscli.clidriver
import awscli.customizations.assumerole as assumerole
import botocore.session

# Importing the CLI puts its own data there.
DATA = os.environ["AWS_DATA_PATH"]


class Command(socketserver.StreamRequestHandler):
    def handle(self):
        asked = json.loads(self.rfile.readline())
        os.environ.clear()
        os.environ.update(asked["environment"], AWS_DATA_PATH=DATA)
        # Importing the CLI put this one under this process's home, and sessions of roles are found again there.
        assumerole.CACHE_DIR = os.path.expanduser("~/.aws/cli/cache")
        os.chdir(asked["directory"])
        sys.argv = ["aws", *asked["arguments"]]
        with open(os.devnull) as nothing, tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as error:
            for number, file in enumerate([nothing, output, error]):
                os.dup2(file.fileno(), number)
            try:
                code = awscli.clidriver.main()
            except SystemExit as end:
                code = end.code
            sys.stdout.flush()
            sys.stderr.flush()
            self.wfile.write(json.dumps({"code": code or 0, "output": text(output), "error": text(error)}).encode() + b"\n")


class Server(socketserver.ForkingMixIn, socketserver.UnixStreamServer):
    request_queue_size = 128


def text(file):
    file.seek(0)
    return file.read().decode(errors="replace")


def end_with_input():
    sys.stdin.read()
    shutil.rmtree(os.path.dirname(sys.argv[1]))
    os.killpg(0, signal.SIGKILL)


def main():
    os.setpgrp()
    # What a command would import only when it needs it.
    awscli.clidriver.create_clidriver()
    botocore.session.Session().create_client("codeartifact", region_name="us-east-1", aws_access_key_id="none", aws_secret_access_key="none")
    gc.freeze()
    server = Server(sys.argv[1], Command)
    threading.Thread(target=end_with_input, daemon=True).start()
    print("ready", flush=True)
    server.serve_forever()


main()
