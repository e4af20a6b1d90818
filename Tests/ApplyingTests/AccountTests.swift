import BundleFormat
import TestSupport
import Testing

@testable import Applying

/// Owners matter to root alone, and only where the root has accounts.
@Suite(.enabled(if: Kernel.userID == 0, "only root can give files to others"))
struct AccountTests {
    private static let group = MachineGroup(name: "etcd", isSystem: true)
    private static let user = MachineUser(
        name: "etcd", group: "etcd", home: "/var/lib/etcd", shell: "/usr/sbin/nologin", isSystem: true)

    /// Adds the accounts to the root's files as shadow's programs do.
    private final class Shadow: SystemServices {
        let scratch: Scratch
        private(set) var commands: [String] = []
        init(_ scratch: Scratch) { self.scratch = scratch }
        var isOffline: Bool { false }
        func pause(milliseconds: Int) {}
        func run(_ command: ExternalCommand) throws(ApplyError) -> CommandResult {
            commands.append(command.description)
            do {
                if command.program == "groupadd" { try scratch.write("root/etc/group", "root:x:0:\netcd:x:990:\n") }
                if command.program == "useradd" {
                    try scratch.write("root/etc/passwd", "root:x:0:0::/root:/bin/sh\netcd:x:991:990::/:/bin/false\n")
                }
            } catch { return CommandResult(status: 1, output: "\(error)") }
            return CommandResult(status: 0, output: "")
        }
    }

    private func machine() throws -> SampleMachine {
        let machine = try SampleMachine()
        try machine.writeDepot()
        try machine.scratch.write("root/etc/passwd", "root:x:0:0::/root:/bin/sh\n")
        try machine.scratch.write("root/etc/group", "root:x:0:\n")
        return machine
    }

    @Test func accountsAreMadeAndOwnTheirFiles() throws {
        let machine = try machine()
        let services = Shadow(machine.scratch)
        // The sample has a unit file, but here is no unit.
        let seed = try machine.writeSeed(
            "A", files: ["/etc/etcd/pki/server.key": SampleMachine.secret], units: [], users: [Self.user],
            groups: [Self.group], owner: "etcd")
        let run = try machine.run("apply", seed: seed, services: services)
        #expect(run.error == nil)
        #expect(run.events.prefix(2) == ["created group etcd", "created user etcd"])
        #expect(
            services.commands == [
                "groupadd --system etcd",
                "useradd --system --no-create-home --gid etcd --home-dir /var/lib/etcd --shell /usr/sbin/nologin etcd",
            ])
        let root = try RootDirectory(machine.root)
        #expect(try root.status("/etc/etcd/pki/server.key")?.owner == OwnerIDs(user: 991, group: 990))
        #expect(try root.status("/usr/local/bin/etcd")?.owner == OwnerIDs(user: 0, group: 0))
        #expect(try machine.run("apply", seed: seed, services: services).events == [])
    }

    @Test func unknownOwnerIsRefusedBeforeAnyChange() throws {
        let machine = try machine()
        let seed = try machine.writeSeed("A", units: [], owner: "ubuntu")
        let run = try machine.run("apply", seed: seed, services: Shadow(machine.scratch))
        #expect(
            run.error?.description.contains("belongs to user ubuntu, which does not exist here. cloud-init makes login")
                == true)
        #expect(run.exitCode == .environment)
        #expect(!machine.scratch.exists("root/etc/etcd"))
    }
}
