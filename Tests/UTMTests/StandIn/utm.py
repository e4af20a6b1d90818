#!/usr/bin/env -S python3 -SE
"""A stand-in for UTM, and for the programs that speak to it. What it is depends on the name that it is called by:

    utmctl, open    as a Mac has them, with UTM behind them
    ssh             the network behind UTM: reaches a machine that runs, and no other
    utm.py          a person at UTM's window: `utm.py quit`, `utm.py rename ha.vault 'My vault'`, …; see `hand`

UTM_STATE names the file with all that it knows, JSON:

    running     whether UTM runs; every Apple event to one that does not starts it
    cold        how many events come too early, each time that UTM is started: before its window is there
    machines    UTM's registry, by UUID: name, package, state, suspended; and what is under way: next, looks
    traits      how it misbehaves; a number says how often or for how many calls, {"NAME": number} for one machine
    log         every call
    question    whether UTM asks if it shall quit, and answers no event meanwhile
    quitAt      UTM is quit at the so-manieth call from now; killBefore, killAfter: who calls is killed then
    answers     by machine, or for every one as "*": what a guest says of itself, with MANIFEST for the seed that it has
    told        by machine, the digests of the seeds that it was handed through ssh

Places in UTM's source (github.com/utmapp/UTM, 5.0.3) are cited as File:function.
"""
import fcntl, json, os, shutil, signal, struct, sys, time

PATH = os.environ["UTM_STATE"]


class State:
    """The file, locked as long as somebody works with it: UTM handles one event after the other."""

    def __enter__(self):
        self.lock = open(PATH + ".lock", "w")
        fcntl.flock(self.lock, fcntl.LOCK_EX)
        try:
            with open(PATH) as file:
                self.all = json.load(file)
        except FileNotFoundError:
            self.all = {}
        for key, empty in {"machines": {}, "traits": {}, "log": [], "told": {}, "unloaded": []}.items():
            self.all.setdefault(key, empty)
        return self

    def __exit__(self, *_):
        with open(PATH + ".new", "w") as file:
            json.dump(self.all, file, indent=1, ensure_ascii=False)
        os.rename(PATH + ".new", PATH)
        fcntl.flock(self.lock, fcntl.LOCK_UN)  # a machine's process may have inherited it
        self.lock.close()

    @property
    def machines(self):
        return self.all["machines"]

    def trait(self, name, machine=None):
        """Whether it misbehaves so now; a number counts down."""
        traits, key = self.all["traits"], name
        if isinstance(traits.get(name), dict):
            traits, key = traits[name], machine
        value = traits.get(key)
        if isinstance(value, bool) or value is None:
            return bool(value)
        traits[key] = max(value - 1, 0)
        return value > 0

    def at(self, key):
        """Whether this is the call for which something is planned: who called is killed, or UTM is quit."""
        left = self.all.get(key)
        if left is None:
            return False
        self.all[key] = left - 1 if left > 1 else None
        return left <= 1

    def number(self, name, machine=None):
        value = self.all["traits"].get(name, 0)
        return value.get(machine, 0) if isinstance(value, dict) else value


class Refused(Exception):
    """An Apple event that failed: UTMCtl.swift:EventErrorHandler.eventDidFail prints it, and utmctl ends with status 0."""

    def __init__(self, code, said=""):
        self.code, self.said = code, said


class NotFound(Exception):
    """UTMCtl.swift:virtualMachine(forIdentifier:) finds nothing, or its events fail, of which withErrorsSilenced says nothing."""


# --- UTM itself

def launch(state):
    """UTM is started: its list comes from UserDefaults (UTMData.swift:listLoadFromDefaults), and what it cannot load is not
    listed (AppDelegate.swift:scriptingVirtualMachines). No scripting before its window appears (UTMApp.swift:homeWindow)."""
    if state.all.get("running"):
        return
    state.all["running"] = True
    state.all["left"] = state.all.get("cold", 0)
    state.all["unloaded"] = [i for i, m in state.machines.items() if not os.path.exists(m["package"] + "/config.plist")]
    for machine in state.machines.values():
        machine.update(state="stopped")
        machine.pop("next", None), machine.pop("looks", None)


def event(state):
    """Every Apple event: consent first (errAEEventNotPermitted), then a UTM that can answer."""
    if state.trait("not-permitted"):
        raise Refused(-1743)
    launch(state)
    if state.all.get("question"):
        raise Refused(-1712)  # errAETimeout: see `hand`, ask
    if state.trait("not-running"):
        raise Refused(-600)  # procNotFound, while LaunchServices starts it
    if state.all.get("left", 0) > 0:
        state.all["left"] -= 1
        if state.all.get("coldFails"):
            raise Refused(-1728)  # errAENoSuchObject: no scriptingDelegate yet (UTMPatches.swift)
        return False
    return True


def go_on(state):
    """Time passes: it is counted in looks at the list."""
    for machine in state.machines.values():
        if "next" not in machine:
            continue
        if machine.get("looks", 0) > 0:
            machine["looks"] -= 1
        else:
            machine["state"] = machine.pop("next")
            if machine["state"] == "stopped":
                end_process(machine)


def find(state, identifier):
    """By UUID, then by name: UTMCtl.swift:virtualMachine(forIdentifier:), whose events fail without a word."""
    if state.all.get("question"):
        raise NotFound
    ready = event(state)
    if not ready or state.trait("lookup-fails"):
        raise NotFound
    for key, machine in listed(state).items():
        if key == identifier:
            return machine
    for machine in listed(state).values():
        if machine["name"] == identifier:
            return machine
    raise NotFound


def load(package):
    import plistlib  # slow to import, and most calls have no use for it
    with open(package + "/config.plist", "rb") as file:
        return plistlib.load(file)


def digest(bytes):
    import hashlib
    return hashlib.sha256(bytes).hexdigest()


def listed(state):
    return {key: machine for key, machine in state.machines.items() if key not in state.all["unloaded"]}


def disk(machine):
    drives = machine["configuration"]["Drive"]
    names = [drive["ImageName"] for drive in drives if drive["ImageType"] == "Disk"]
    return f"{machine['package']}/Data/{names[0]}" if names else None


def start(state, machine):
    """UTMScriptingVirtualMachineImpl.swift:start, UTMQemuVirtualMachine.swift:start and _start."""
    if machine["state"] == "paused":
        machine["state"] = "started"
        return
    if machine["state"] != "stopped":
        raise Refused(-2700, "Operation not available.")
    if state.trait("refuse-start", machine["name"]):
        machine["suspended"] = False  # its catch clause: "delete suspend state on error"
        raise Refused(-2700, "Could not start: the disk is damaged.")
    for drive in machine["configuration"]["Drive"]:
        if not os.path.exists(f"{machine['package']}/Data/{drive['ImageName']}"):
            raise Refused(-2700, f"QEMU exited: Could not open '{drive['ImageName']}'")
    if machine["suspended"]:
        if not remove_snapshot(disk(machine)):
            machine["suspended"] = False
            raise Refused(-2700, "Error: Snapshot 'suspend' does not exist in one or more devices")
        machine["suspended"] = False
    else:
        # What a guest that boots reads; one that goes on has it in memory already.
        with open(f"{machine['package']}/Data/seed.iso", "rb") as seed:
            machine["seed"] = digest(seed.read())
        machine["boots"] = machine.get("boots", 0) + 1
        with open(disk(machine), "ab") as file:
            file.write(b"boot %d\n" % machine["boots"])
    if machine["configuration"]["QEMU"]["UEFIBoot"]:  # UTMQemuVirtualMachine.swift:qemuEnsureEfiVarsAvailable
        open(f"{machine['package']}/Data/efi_vars.fd", "a").close()
    begin_process(state, machine)
    machine["state"] = "starting"
    if state.trait("start-forever", machine["name"]):
        return
    machine["next"], machine["looks"] = "started", state.number("slow-start", machine["name"])
    if machine["looks"] == 0:
        machine["state"] = machine.pop("next")


def stop(state, machine, method):
    """UTMScriptingVirtualMachineImpl.swift:stop: only what is started, unless it is to be killed."""
    if machine["state"] != "started" and method != "kill":
        raise Refused(-2700, "The virtual machine is not running.")
    if state.trait("ignore-" + method, machine["name"]):
        return
    if method == "request":  # the guest shuts down, and goes on being started meanwhile
        machine["next"], machine["looks"] = "stopped", machine.get("looks") or state.number("slow-stop", machine["name"])
        if machine["looks"] > 0:
            return
    machine["state"] = "stopped"
    machine.pop("next", None), machine.pop("looks", None)
    end_process(machine)


def delete(state, machine):
    """UTMScriptingVirtualMachineImpl.swift:delete, UTMData.swift:delete: the package first, and its error ends it."""
    if state.trait("refuse-delete", machine["name"]):
        raise Refused(-2700, "You don’t have permission.")
    if machine["state"] != "stopped":
        raise Refused(-2700, "The virtual machine must be stopped before this operation can be performed.")
    if not os.path.exists(machine["package"]):
        raise Refused(-2700, "The file doesn’t exist.")
    shutil.rmtree(machine["package"])
    for key in [key for key, other in state.machines.items() if other is machine]:
        del state.machines[key]


def open_package(state, package):
    """UTMData.swift:importUTM: what it has stays as it was read first; one that it could not load is loaded now; a UUID that
    is taken is made anew (listAdd, uuidRegenerate), and the file keeps the old one."""
    launch(state)
    state.all["left"] = min(state.all.get("left", 0), 1)  # a document brings the window
    package = os.path.realpath(package)
    for key, machine in state.machines.items():
        if os.path.realpath(machine["package"]) == package:
            if key in state.all["unloaded"]:
                state.all["unloaded"].remove(key)
                read(machine)
            return
    machine = {"package": package, "state": "stopped", "suspended": False}
    read(machine)
    key = machine["configuration"]["Information"]["UUID"]
    if key in state.machines or state.trait("new-uuid"):
        import uuid
        key = str(uuid.uuid4()).upper()
    machine["unseen"] = state.number("late-list")
    state.machines[key] = machine


def read(machine):
    machine["configuration"] = load(machine["package"])
    machine["name"] = machine["configuration"]["Information"]["Name"]


def save(machine):
    """UTMConfiguration.swift:save: unreferenced files go, and the configuration is written anew by its encoder: with an icon
    from its settings, the keys that it adds by itself, in its own order."""
    import plistlib
    configuration, data = machine["configuration"], machine["package"] + "/Data"
    kept = {drive["ImageName"] for drive in configuration["Drive"]} | {"efi_vars.fd", "tpmdata"}
    for name in set(os.listdir(data)) - kept:
        path = f"{data}/{name}"
        shutil.rmtree(path) if os.path.isdir(path) else os.remove(path)
    if configuration["QEMU"]["UEFIBoot"]:
        open(data + "/efi_vars.fd", "a").close()
    configuration["Information"].update(Name=machine["name"], Icon="linux")
    configuration["QEMU"]["TSO"] = False  # UTMQemuConfigurationQEMU.swift:encode
    with open(machine["package"] + "/config.plist", "wb") as file:
        plistlib.dump(dict(reversed(list(configuration.items()))), file, sort_keys=False)


# --- QEMU: what listens at a serial port that is a TCP server

def serial_port(machine):
    """UTMQemuConfiguration+Arguments.swift:serialArguments: 127.0.0.1, server=on, wait=off."""
    for port in machine["configuration"]["Serial"]:
        if port["Mode"] == "TcpServer":
            return port.get("TcpPort", 1234)
    return None


def begin_process(state, machine):
    port = serial_port(machine)
    if port is None or not state.all.get("consoles"):
        return
    import socket
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError:
        raise Refused(-2700, f"QEMU exited: Failed to find an available port: {port}")
    listener.listen(1)
    name = machine["name"]
    child = os.fork()
    if child:
        machine["process"] = child
        listener.close()
        return
    os.setsid()
    for descriptor in (0, 1, 2):
        os.dup2(os.open(os.devnull, os.O_RDWR), descriptor)
    console(name, listener)
    os._exit(0)


def console(name, listener):
    """A guest that boots, then answers every line that is typed; what nobody reads is lost, as with QEMU's chardev."""
    lines = [f"{name}: Booting Linux", '@slipway {"event":"cloud-init"}',
             '@slipway {"event":"placed","subject":"/etc/hosts"}',
             '@slipway {"changed":12,"event":"summary","failed":[],"generation":1,"removed":0,"unchanged":0,"waiting":[]}',
             f"{name} login: "]
    listener.settimeout(3)
    while True:
        try:
            peer, _ = listener.accept()
        except OSError:
            lines = []
            listener.settimeout(None)
            continue
        listener.settimeout(None)
        try:
            while lines:
                peer.sendall((lines.pop(0) + "\r\n").encode())
                time.sleep(0.05)
            while data := peer.recv(4096):
                peer.sendall(b"typed: " + data)
        except OSError:
            pass


def end_process(machine):
    if process := machine.pop("process", None):
        try:
            os.kill(process, signal.SIGKILL)
        except ProcessLookupError:
            pass


# --- qcow2: the internal snapshot that UTM keeps a suspended machine in (UTMQemuVirtualMachine.swift:kSuspendSnapshotName)

def add_snapshot(path, name=b"suspend"):
    with open(path, "r+b") as file:
        file.seek(0, os.SEEK_END)
        offset = (file.tell() + 65535) // 65536 * 65536
        now = time.time_ns()
        file.seek(offset)
        file.write(struct.pack(">QIHHIIQII", 0, 0, 1, len(name), now // 10**9, now % 10**9, 77, 0, 16))
        file.write(struct.pack(">QQ", 1 << 20, 1 << 20) + b"1" + name)
        file.write(b"\0" * (-file.tell() % 8))
        file.seek(60)
        file.write(struct.pack(">IQ", 1, offset))


def remove_snapshot(path):
    with open(path, "r+b") as file:
        file.seek(60)
        count, _ = struct.unpack(">IQ", file.read(12))
        file.seek(60)
        file.write(struct.pack(">IQ", 0, 0))
    return count > 0


# --- the programs

def utmctl(state, arguments):
    command = arguments[0] if arguments else ""
    if state.trait("noise"):
        print("2026-11-24 10:00:00.000 utmctl[4711:815] +[IMKClient subclass]: chose IMKClient_Modern", file=sys.stderr)
    if command == "version":
        event(state)
        print(state.all.get("version", "5.0.3"))
    elif command == "list":
        # UTMCtl.swift:List: the heading comes, whatever becomes of the events.
        print("UUID                                 Status   Name")
        if event(state):
            go_on(state)
            for key, machine in listed(state).items():
                name = machine["name"]
                if machine.get("unseen", 0) > 0:
                    machine["unseen"] -= 1
                    continue
                if state.all["traits"].get("stripped-names"):
                    name = "".join(c for c in name if c.isalnum() or c == " ")
                print(f"{key} {machine['state']:8} {name}")
    elif command == "status":
        machine = find(state, arguments[1])
        go_on(state)
        print(machine["state"])
    elif command == "start":
        start(state, find(state, arguments[1]))
    elif command == "suspend":
        machine = find(state, arguments[1])
        if machine["state"] != "started":
            raise Refused(-2700, "The virtual machine is not running.")
        machine["state"] = "paused"
    elif command == "stop":
        machine = find(state, arguments[1])
        methods = [word[2:] for word in arguments[2:]]
        stop(state, machine, methods[0] if methods else "force")
    elif command == "delete":
        delete(state, find(state, arguments[1]))
    elif command == "attach":
        machine = find(state, arguments[1])
        print("WARNING: attach command is not implemented yet!")
        if machine["state"] == "started":
            port = serial_port(machine)
            print(f"TCP: 127.0.0.1:{port}" if port else "PTTY: /dev/ttys012")
    else:
        print(f"Error: Unexpected argument '{command}'", file=sys.stderr)
        sys.exit(64)


def open_(state, arguments):
    application, package = arguments[arguments.index("-a") + 1], arguments[-1]
    if state.trait("no-application"):
        sys.exit(f"Unable to find application named '{application}'")
    if not os.path.exists(package + "/config.plist"):
        sys.exit(f"The file {package} does not exist.")
    if state.all.get("question"):
        sys.exit(f"LSOpenURLsWithRole() failed for the application {application} with error -1712.")
    if state.trait("lost-open"):
        return
    open_package(state, package)


def ssh(state, arguments):
    """ssh -F ssh_config_local … MACHINE COMMAND, called in an instance's directory operator."""
    words = arguments[2:]
    while words[0].startswith("-"):
        words = words[2:] if words[0] == "-o" else words[1:]
    name = f"{os.path.basename(os.path.dirname(os.getcwd()))}.{words[0]}"
    for machine in state.machines.values():
        if os.path.basename(machine["package"]) == name + ".utm" and machine["state"] == "started":
            if "seed.iso.new" in " ".join(words[1:]):
                seed = digest(sys.stdin.buffer.read())
                state.all["told"].setdefault(words[0], []).append(seed)
                machine["seed"] = seed
            elif "@cloud-init" in " ".join(words[1:]):
                answers = state.all.get("answers", {})
                with open(f"../machines/{words[0]}/seed/slipway/machine.json", "rb") as manifest:
                    text = answers.get(words[0], answers.get("*", ""))
                    print(text.replace("MANIFEST", "sha256:" + digest(manifest.read())), end="")
            return
    print(f"ssh: connect to host {words[0]} port 22: No route to host", file=sys.stderr)
    sys.exit(255)


def hand(state, arguments):
    """What a person does in UTM's window, and UTM by itself."""
    command, rest = arguments[0], arguments[1:]
    named = [m for m in state.machines.values() if rest and m["name"] == rest[0]]
    if command == "launch":
        launch(state)
        state.all["left"] = 0
    elif command in ("quit", "kill"):
        # AppDelegate.swift:handleTerminateAfterSaving: what runs is suspended to its disk; after a crash it is just gone.
        for machine in state.machines.values():
            if command == "quit" and machine["state"] in ("started", "paused"):
                add_snapshot(disk(machine))
                machine["suspended"] = True
            end_process(machine)
            machine.update(state="stopped")
            machine.pop("next", None), machine.pop("looks", None)
        state.all["running"] = False
    elif command == "ask":
        # Questions in windows are sheets, beside which events are answered (VMDisplayWindowController.swift:showErrorAlert,
        # showConfirmAlert). The one whether to quit, when a machine could not be suspended, has no window where machines
        # have no display: NSAlert.runModal (AppDelegate.swift:handleTerminateAfterConfirmation), and who asks waits.
        state.all["question"] = rest[0] == "quit"
    elif command == "answer":
        state.all["question"] = False
        if rest[0] == "ok":  # "Quitting UTM will kill all running VMs."
            hand(state, ["kill"])
    elif command == "rename":
        named[0]["name"] = rest[1]
        save(named[0])
    elif command == "save":
        save(named[0])
    elif command == "delete":
        delete(state, named[0])
    elif command == "forget":  # "Remove": a package elsewhere is only taken from the list (UTMData.swift:listRemove)
        for key in [key for key, other in state.machines.items() if other is named[0]]:
            del state.machines[key]
    elif command == "add":
        launch(state)
        os.makedirs(rest[1], exist_ok=True)
        state.machines[rest[2]] = {"name": rest[0], "package": rest[1], "state": rest[3], "suspended": False,
                                   "configuration": {"Serial": [], "Drive": [], "QEMU": {"UEFIBoot": False}}}
        open(rest[1] + "/config.plist", "a").close()
    elif command == "start":
        start(state, named[0])
    elif command == "pause":
        named[0]["state"] = "paused"
    elif command == "stop":
        # UTMDataExtension.swift:stop: the mark of a suspended machine goes, and its snapshot stays on the disk.
        named[0]["suspended"] = False
        if named[0]["state"] != "stopped":
            stop(state, named[0], "kill")
    elif command == "set":
        state.all[rest[0]] = json.loads(rest[1])
    elif command == "trait":
        state.all["traits"][rest[0]] = json.loads(rest[1])
    else:
        sys.exit(f"utm.py: what is '{command}'?")


def main():
    name, arguments = os.path.basename(sys.argv[0]), sys.argv[1:]
    with State() as state:
        if name != "utm.py":
            state.all["log"].append(" ".join([name] + arguments)[:400])
            if name == "utmctl" and state.trait("crash"):
                state.__exit__()
                os.kill(os.getpid(), signal.SIGTRAP)
            if state.at("quitAt"):
                hand(state, ["quit"])
            if state.at("killBefore"):
                os.kill(os.getppid(), signal.SIGKILL)
                return
        waits = state.all["traits"].get("dialog") or 0  # macOS asks whether utmctl may, and utmctl waits for the answer
        try:
            if name == "utmctl" and waits:
                state.__exit__()
                time.sleep(waits)
                os._exit(0)
            if name == "utmctl" and state.trait("fails"):
                raise Refused(state.all.get("failure", -1712))
            {"utmctl": utmctl, "open": open_, "ssh": ssh, "utm.py": hand}[name](state, arguments)
        except NotFound:
            print("Error: Virtual machine not found.", file=sys.stderr)
            sys.exit(1)
        except Refused as refused:
            sys.stdout.flush()
            print(f"Error from event: The operation couldn’t be completed. (OSStatus error {refused.code}.)", file=sys.stderr)
            if refused.said:
                print(refused.said, file=sys.stderr)
            if refused.code == -1743:
                print("NOTE: utmctl does not work from SSH sessions or before logging in.", file=sys.stderr)
        if name != "utm.py" and state.at("killAfter"):
            os.kill(os.getppid(), signal.SIGKILL)


if __name__ == "__main__":
    main()
