import Foundation
import TestSupport
import Testing

/// OpenSSH's own programs with the rendered keys, certificates and configuration.
@Suite(.serialized)
struct SSHTests {
    @Test(.needs(.sshKeygen)) func hostCertificatesNameTheirMachine() throws {
        let bundle = try BuiltBundle.ha.get()
        for machine in bundle.machines {
            let file = bundle.path(machine.name, "/etc/ssh/ssh_host_ed25519_key-cert.pub")
            let outcome = try Tool.sshKeygen.run(["-L", "-f", file])
            #expect(outcome.status == 0, "\(outcome.transcript)")
            #expect(
                outcome.output.contains("Type: ssh-ed25519-cert-v01@openssh.com host certificate"), "\(outcome.output)")
            #expect(outcome.output.contains("Signing CA: ECDSA SHA256:"), "\(outcome.output)")
            let words = Set(outcome.output.split(whereSeparator: \.isWhitespace).map(String.init))
            #expect(words.isSuperset(of: [machine.name, machine.address]), "\(outcome.output)")
            #expect(!outcome.output.contains("forever"), "\(outcome.output)")
        }
    }

    @Test(.needs(.sshKeygen)) func everyPrivateKeyIsReadAndFitsItsPublicKey() throws {
        let bundle = try BuiltBundle.ha.get()
        let names = ["ssh_host_ed25519_key", "id_ed25519", "id_operator"]
        let keys = bundle.files { path in names.contains { path.hasSuffix("/\($0)") } }
        #expect(keys.count == bundle.machines.count + 2)
        for key in keys {
            let outcome = try Tool.sshKeygen.run(["-y", "-f", key])
            let expected = try String(contentsOfFile: key + ".pub", encoding: .utf8).split(separator: " ").prefix(2)
            #expect(outcome.status == 0, "\(key): \(outcome.transcript)")
            #expect(outcome.output.split(whereSeparator: \.isWhitespace).prefix(2) == expected, "\(key)")
        }
    }

    /// Nobody is asked anything: the host shows a certificate, the client trusts its authority, and only that one.
    @Test(.needsRoot(.sshd, .setpriv)) func serversAreAcceptedThroughTheirAuthorityAlone() throws {
        let bundle = try BuiltBundle.ha.get()
        let host = BuiltBundle.Machine(name: "operator", role: "operator", address: "192.168.64.2")
        let lab = try NetworkLab(bundle.machines.filter { ["jump", "etcd-1"].contains($0.name) } + [host])
        let servers = try ["jump", "etcd-1"].map { name in
            try MachineRoot(bundle: bundle, machine: name, lab: lab).start(["/bin/sh", "-c", Self.serve])
        }
        defer { for server in servers { server.child.stop() } }
        func log() -> String { servers.map(\.child.printed).joined(separator: "\n").suffix(4000).description }

        // From the jump host, as its login account.
        let accepted = try eventually(within: .seconds(20)) {
            try fromJump("etcd-1", [], bundle, lab).output == "etcd-1\n"
        }
        let answer = try fromJump("etcd-1", [], bundle, lab)
        try #require(accepted, "\(answer.transcript)\n\(log())")
        let byAddress = try fromJump("192.168.64.21", [], bundle, lab)
        #expect(byAddress.output == "etcd-1\n", "\(byAddress.transcript)\n\(log())")

        // From the person's own host, through the jump host.
        let person = MachineRoot(bundle: bundle, machine: "operator", lab: lab)
        let through = try person.run([
            "/bin/sh", "-c", "cd / && ssh -F ssh_config -o BatchMode=yes etcd-1 cat /etc/hostname",
        ])
        #expect(through.output == "etcd-1\n", "\(through.transcript)\n\(log())")

        // Another cluster's authority vouches for hosts of the same names, and is not believed.
        let other = try BuiltBundle.simple.get().path("jump", "/etc/ssh/ssh_known_hosts")
        let refused = try fromJump("etcd-1", ["-o", "GlobalKnownHostsFile=\(other)"], bundle, lab)
        #expect(refused.status != 0)
        #expect(refused.errors.contains("Host key verification failed"), "\(refused.transcript)")
        // And without the cluster's key nobody gets in, root not even with it.
        for options in [["-o", "PubkeyAuthentication=no"], ["-l", "root"]] {
            let stranger = try fromJump("etcd-1", options, bundle, lab)
            #expect(stranger.errors.contains("Permission denied (publickey)"), "\(stranger.transcript)")
        }
    }

    /// sshd wants its run directory and the login account, which cloud-init makes on the machine.
    private static let serve = """
        set -e
        mkdir -p /run/sshd && chmod 755 /run/sshd
        id k8s >/dev/null 2>&1 || useradd --create-home --shell /bin/bash k8s
        exec /usr/sbin/sshd -D -e
        """

    private func fromJump(
        _ host: String, _ options: [String], _ bundle: BuiltBundle, _ lab: NetworkLab
    ) throws -> Child.Outcome {
        let script = """
            set -e
            id k8s >/dev/null 2>&1 || useradd --no-create-home --shell /bin/bash k8s
            chown -R k8s /home/k8s
            chmod 700 /home/k8s/.ssh
            exec setpriv --reuid=k8s --regid=k8s --init-groups "$@"
            """
        let ssh = ["ssh", "-o", "BatchMode=yes", "-o", "ConnectTimeout=5"] + options + [host, "cat", "/etc/hostname"]
        return try MachineRoot(bundle: bundle, machine: "jump", lab: lab).run(["/bin/sh", "-c", script, "sh"] + ssh)
    }
}
