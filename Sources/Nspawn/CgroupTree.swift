import Foundation
import HostSystem
import Launching

/// The cgroups of an instance: one for each machine, below one for the instance, below the hierarchy's root.
///
/// As container engines without systemd do it. No controller is switched on and no limit set, so the host's own groups
/// are as they were. A host may have two hierarchies, version 1's named `systemd` and version 2's: systemd-nspawn works
/// with its place in either, so a machine has one in both.
struct CgroupTree: Hashable {
    /// Where hierarchies are mounted; not a constant for tests.
    let mount: String

    init(mount: String = "/sys/fs/cgroup") { self.mount = mount }

    private var isUnified: Bool { Files.exists("\(mount)/cgroup.controllers") }

    private var hierarchies: [String] {
        isUnified ? [mount] : ["\(mount)/systemd", "\(mount)/unified"].filter { Files.exists($0) }
    }

    /// The files that take a process into the group.
    func processes(_ group: String) -> [String] { hierarchies.map { "\($0)/\(group)/cgroup.procs" } }

    func make(_ group: String) throws(LaunchError) {
        guard !hierarchies.isEmpty else {
            throw .system(call: "make a cgroup at", path: mount, reason: "no hierarchy for systemd is mounted there")
        }
        for hierarchy in hierarchies { try Files.makeDirectory("\(hierarchy)/\(group)") }
    }

    /// Removes the group and those below. It is empty by now; one that is still being emptied by the kernel stays.
    func remove(_ group: String) {
        for hierarchy in hierarchies { Files.removeDirectories("\(hierarchy)/\(group)") }
    }

    /// Stops every process of the group and of those below, or lets them go on; the kernel's documentation,
    /// admin-guide/cgroup-v2, "cgroup.freeze". A group that is not there has nothing to stop.
    func freeze(_ group: String, _ isFrozen: Bool) throws(LaunchError) {
        for path in freezers(group) {
            let file = FileHandle(forWritingAtPath: path)
            do { try file?.write(contentsOf: Data((isFrozen ? "1" : "0").utf8)) } catch {
                throw .system(call: "write", path: path, reason: error.localizedDescription)
            }
        }
    }

    func isFrozen(_ group: String) -> Bool {
        freezers(group).contains { path in (try? Files.read(path)).flatMap { $0 }?.first == UInt8(ascii: "1") }
    }

    private func freezers(_ group: String) -> [String] {
        hierarchies.map { "\($0)/\(group)/cgroup.freeze" }.filter(Files.exists)
    }

    func exists(_ group: String) -> Bool { hierarchies.contains { Files.exists("\($0)/\(group)") } }
}
