import Foundation
import TestSupport
import Testing

/// What the units of a control plane do once a component has ended, against a server that keeps a lease as the API does.
@Suite(.serialized, .needsRoot(.python)) struct KubernetesAPIProgramTests {
    @Test func givesBackWhatItsOwnMachineHeld() throws {
        let bundle = try BuiltBundle.ha.get()
        let plane = try #require(bundle.machines.first { $0.role == "control-plane" })
        let root = MachineRoot(bundle: bundle, machine: plane.name, lab: try NetworkLab([plane]))
        // By its text: the checkout may lie on a mount that is not in the machine's root.
        let standIn = try String(
            contentsOf: Repository.scripts.appendingPathComponent("lease-stand-in.py"), encoding: .utf8)
        let server = try root.start([try Tool.python.requirePath(), "-c", standIn])
        defer { server.child.stop() }
        try #require(
            eventually(within: .seconds(20)) { server.child.printed.contains("listening") }, "\(server.child.printed)")
        let unit = try String(
            contentsOfFile: bundle.path(plane.name, "/etc/systemd/system/kube-controller-manager.service"),
            encoding: .utf8)
        let line = try #require(unit.split(separator: "\n").first { $0.hasPrefix("ExecStopPost=-") })
        let command = line.dropFirst("ExecStopPost=-".count).split(separator: " ").map(String.init)
        let own = try Tool("uname").run(["-n"]).output.trimmingCharacters(in: .whitespacesAndNewlines)

        let file = URL(fileURLWithPath: "\(server.root)/run/lease.json")
        /// Who holds the lease after the program has run.
        func holder(after before: String) throws -> (String, Child.Outcome) {
            try Data(
                """
                {"metadata": {"name": "kube-controller-manager", "resourceVersion": "1"},
                 "spec": {"holderIdentity": "\(before)", "leaseDurationSeconds": 6, "leaseTransitions": 4}}
                """.utf8
            ).write(to: file)
            let outcome = try root.run(command)
            return (try JSONDecoder().decode(Lease.self, from: Data(contentsOf: file)).spec.holderIdentity, outcome)
        }

        for other in ["elsewhere_7d", "\(own)-2_7d", ""] {
            let (left, outcome) = try holder(after: other)
            #expect(left == other && outcome.status == 0, "\(outcome.transcript)")
        }
        #expect(!server.child.printed.contains("PUT"))
        let (free, outcome) = try holder(after: "\(own)_7d-9")
        #expect(free == "" && outcome.status == 0, "\(outcome.transcript)")
        #expect(server.child.printed.contains("PUT 200 system:kube-controller-manager"), "\(server.child.printed)")

        // Somebody else took it since it was read.
        try Data().write(to: URL(fileURLWithPath: "\(server.root)/run/raced"))
        let (kept, refused) = try holder(after: "\(own)_7d")
        #expect(kept == "\(own)_7d" && refused.status == 1, "\(refused.transcript)")

        // The other thing that it does: waiting, for what answers now and for what does not.
        func wait(_ seconds: Int) throws -> Child.Outcome {
            try root.run([command[0], "wait", command[2], "\(seconds)"])
        }
        #expect(try wait(30).status == 0)
        try Data().write(to: URL(fileURLWithPath: "\(server.root)/run/unready"))
        let unready = try wait(1)
        #expect(unready.status == 1 && unready.errors.contains("500"), "\(unready.transcript)")

        server.child.stop()
        let alone = try root.run(command)
        #expect(alone.status == 1)
        #expect(alone.errors.contains("release-lease kube-controller-manager: "), "\(alone.transcript)")
    }

    private struct Lease: Decodable {
        struct Spec: Decodable { let holderIdentity: String }
        let spec: Spec
    }
}
