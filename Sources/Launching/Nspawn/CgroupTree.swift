/// The cgroups of an instance: one for each machine, below one for the instance, below the hierarchy's root.
///
/// As container engines without systemd do it. No controller is switched on and no limit set, so the host's own groups
/// are as they were. systemd-nspawn takes its place from the hierarchy of the name `systemd`, or from the only one.
struct CgroupTree: Hashable {
    /// Where hierarchies are mounted; not a constant for tests.
    let mount: String

    init(mount: String = "/sys/fs/cgroup") { self.mount = mount }

    private var isUnified: Bool { Files.exists("\(mount)/cgroup.controllers") }

    /// Where a machine's process has to be.
    var primary: String { isUnified ? mount : "\(mount)/systemd" }

    /// All that may get groups of ours: systemd-nspawn gives the machine the same path in the other hierarchy.
    private var hierarchies: [String] { isUnified ? [mount] : ["\(mount)/systemd", "\(mount)/unified"] }

    func processes(_ group: String) -> String { "\(primary)/\(group)/cgroup.procs" }

    func make(_ group: String) throws(LaunchError) {
        guard Files.exists(primary) else {
            throw .unsupported(provider: "nspawn", reason: "no cgroups are mounted at \(primary)")
        }
        try Files.makeDirectory("\(primary)/\(group)")
    }

    /// Removes the group and those below. It is empty by now; one that is still being emptied by the kernel stays.
    func remove(_ group: String) {
        for hierarchy in hierarchies { SystemCalls.removeDirectories("\(hierarchy)/\(group)") }
    }

    func exists(_ group: String) -> Bool { hierarchies.contains { Files.exists("\($0)/\(group)") } }
}
