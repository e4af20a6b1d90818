/// Names by which the host, a bundle and a machine find each other: programs, volumes and directories of a machine.
///
/// `templates/programs/apply` and `templates/cloud-init/` say the same in shell; a test compares them.
public enum GuestLayout {
    /// The applier: a payload, the program at the root of a depot, and the program's own name in messages.
    public static let applier = "slipway-apply"
    /// The unit that runs it at each boot, and again when it is restarted.
    public static let applierUnit = "slipway-apply.service"
    /// The applier's own directory: the record of earlier runs.
    public static let stateDirectory = "/var/lib/slipway"
    /// What lasts until the machine stops.
    public static let runtimeDirectory = "/run/slipway"
    /// What a machine writes for people and launchers to see from outside.
    public static let console = "/dev/console"
}

/// The seed of a machine, and how files lie in it:
///
///     user-data  meta-data  network-config      for cloud-init
///     slipway/machine.json                      for the applier
///     slipway/files/etc/etcd/etcd.conf.yml      every file, by its path on the machine
public enum SeedLayout {
    /// The volume label, which is NoCloud's.
    public static let label = "cidata"
    /// Where cloud-init looks for a seed that is no volume; a container's launcher puts it there.
    public static let cloudInitDirectory = "/var/lib/cloud/seed/nocloud"
    /// Where the volume is mounted.
    public static let directory = "\(GuestLayout.runtimeDirectory)/seed"
    /// In the order they are tried.
    public static let places = [cloudInitDirectory, directory]

    /// Where a file of the description stands.
    public static func path(of file: String) -> String {
        if file == MachineManifest.documentName { return MachineManifest.path }
        return DescribedFile.seedDocuments.contains(file) ? file : MachineManifest.filesDirectory + file
    }
}

/// The depot that all machines share; what is in it says ``DepotManifest``.
public enum DepotLayout {
    /// The volume label.
    public static let label = "SLIPWAY"
    /// Where a machine sees it.
    public static let directory = "\(GuestLayout.runtimeDirectory)/depot"
    /// The applier as a machine starts it.
    public static let applier = "\(directory)/\(GuestLayout.applier)"
}
