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
            throw .unsupported(provider: "nspawn", reason: "no cgroups for systemd are mounted at \(mount)")
        }
        for hierarchy in hierarchies { try Files.makeDirectory("\(hierarchy)/\(group)") }
    }

    /// Removes the group and those below. It is empty by now; one that is still being emptied by the kernel stays.
    func remove(_ group: String) {
        for hierarchy in hierarchies { SystemCalls.removeDirectories("\(hierarchy)/\(group)") }
    }

    func exists(_ group: String) -> Bool { hierarchies.contains { Files.exists("\($0)/\(group)") } }
}
