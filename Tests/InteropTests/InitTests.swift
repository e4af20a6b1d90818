import Foundation
import HostSystem
import TestSupport
import Testing
import Values

/// `slipway init`: from nothing to a topology that `check` takes, with options or on a terminal.
@Suite struct InitTests {
    private let scratch: Scratch
    init() throws { scratch = try Scratch() }

    private func initialise(_ arguments: String...) throws -> Child.Outcome {
        try Slipway.run(["init"] + arguments, in: scratch.url)
    }

    @Test(arguments: [
        [], ["--control-planes", "2", "--etcd", "5", "--workers", "7"], ["--shared-kernel", "--no-vault"],
        ["--memory", "12GiB"], ["--memory", "64GiB", "--architecture", "amd64"],
        ["--subnet", "10.9.0.0/16", "--workers", "1000"],
    ])
    func whatItWritesIsCheckedAndBuilt(options: [String]) throws {
        let outcome = try Slipway.run(["init", "mine"] + options, in: scratch.url)
        #expect(outcome.status == 0 && outcome.output == "mine.yaml\n", "\(outcome.transcript)")
        #expect(try Slipway.run(["check", "--strict", "mine.yaml"], in: scratch.url).status == 0)
        #expect(try scratch.read("mine.yaml").hasPrefix("# yaml-language-server: $schema=topology.schema.json\n"))
        #expect(try scratch.read("topology.schema.json") == Slipway.output(["schema", "topology"]))
        #expect(try scratch.names() == ["mine.yaml", "topology.schema.json"])
    }

    @Test func nothingIsOverwritten() throws {
        try scratch.write("mine.yaml", "mine\n")
        try scratch.write("topology.schema.json", "mine too\n")
        let refused = try initialise("mine")
        #expect(refused.status == 1 && refused.errors.contains("mine.yaml exists already"), "\(refused.transcript)")
        #expect(try scratch.read("mine.yaml") == "mine\n")
        #expect(try initialise("other").status == 0)
        #expect(try scratch.read("topology.schema.json") == "mine too\n")
    }

    @Test(arguments: [
        (["Not-A-Name"], 1, "'Not-A-Name' is not a cluster name"), (["x", "--subnet", "10.96.0.0/16"], 1, "overlaps"),
        (["x", "--subnet", "10.1.0.0"], 2, "is not an IPv4 network"), (["x", "--workers", "0"], 2, "takes 1 to 10000"),
        (["x", "--memory", "12"], 2, "is not a size"), (["x", "--workers", "300"], 1, "10"),
    ])
    func whatCannotBeIsNotWritten(arguments: [String], status: Int32, message: String) throws {
        let outcome = try Slipway.run(["init", "--subnet", "10.7.0.0/24"] + arguments, in: scratch.url)
        #expect(outcome.status == status && outcome.errors.contains(message), "\(outcome.transcript)")
        #expect(try scratch.names() == [])
    }

    /// A person at a terminal of 80 columns: what is said already is not asked, an answer that is none is asked for again, and an empty line
    /// takes what stands in brackets.
    @Test(.needs(.python)) func onATerminalItAsks() throws {
        let script = try scratch.write(
            "terminal.py",
            """
            import os, pty, sys
            answers = [("name [ha]: ", "mine"), ("Control planes [", "none"), ("Control planes [", "3"), ("Workers [", "")]
            child, terminal = pty.fork()
            if child == 0: os.execv(sys.argv[1], sys.argv[1:])
            seen = ""
            while True:
                try: read = os.read(terminal, 4096)
                except OSError: break
                if not read: break
                seen += read.decode()
                if answers and seen.endswith("]: ") and answers[0][0] in seen.splitlines()[-1]:
                    os.write(terminal, (answers.pop(0)[1] + "\\n").encode())
            sys.stdout.write(seen.replace("\\r", ""))
            sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) or len(answers))
            """)
        let outcome = try Tool.python.run(
            [script, Repository.slipway.path, "init", "--etcd", "5", "--memory", "64GiB", "--subnet", "10.7.0.0/24"],
            in: scratch.url)
        #expect(outcome.status == 0, "\(outcome.transcript)")
        #expect(
            outcome.output == """
                The cluster's name [ha]: mine
                Control planes [2]: none
                expected 1 to 9
                Control planes [2]: 3
                Workers [3]: 
                mine.yaml
                14 machines with 50GiB of memory, in 10.7.0.0/24
                next: slipway secrets new mine.secret, then slipway lock mine.yaml

                """)
        #expect(try Slipway.run(["check", "--strict", "mine.yaml"], in: scratch.url).status == 0)
    }

    /// The kernel's table as it writes it: the default route is none, addresses stand in its order of bytes.
    @Test func theKernelsRoutesAreNetworks() {
        let text = """
            Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT
            eth0	00000000	0102A8C0	0003	0	0	0	00000000	0	0	0
            eth0	0002A8C0	00000000	0001	0	0	0	00FFFFFF	0	0	0
            tun0	0000080A	00000000	0001	0	0	0	0000FFFF	0	0	0

            """
        #expect(RouteTable.networks(text).map(\.description) == ["192.168.2.0/24", "10.8.0.0/16"])
    }
}
