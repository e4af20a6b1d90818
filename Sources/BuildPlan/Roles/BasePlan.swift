import ClusterModel
import Values

extension TemplateName {
    public static let cloudInitUserData: Self = "cloud-init/user-data"
    public static let cloudInitMetaData: Self = "cloud-init/meta-data"
    public static let cloudInitNetworkConfig: Self = "cloud-init/network-config"
    public static let cloudInitDisabled: Self = "cloud-init/disabled"
    public static let applyScript: Self = "programs/apply"
    public static let applyUnit: Self = "cloud-init/slipway-apply.service"
}

/// What cloud-init's NoCloud data source reads at the root of the seed.
///
/// cloud-init does only what must be there before the applier can run: name, address, people's accounts. It leaves the unit that
/// runs the applier at every boot, and once everything was applied it is not run again: its stages hold up all else.
enum CloudInitPlan: Consumer {
    static func contribute(to plan: inout MachinePlan, _ cluster: Cluster, _ catalogue: PayloadCatalogue) {
        // Written by user-data too, before anything is applied; that unit is enabled there, since it cannot start itself.
        plan.directories.append(DirectoryPlan("/usr/local/lib/slipway"))
        plan.files += [
            FilePlan("/usr/local/lib/slipway/apply", .program(.applyScript), mode: 0o755),
            .rendered("/etc/systemd/system/slipway-apply.service", .applyUnit),
            .rendered("/etc/cloud/cloud-init.disabled", .cloudInitDisabled),
        ]
        plan.seedDocuments += [
            // Holds the operator's and the jump host's public keys, which follow from the secrets file.
            FilePlan("user-data", .template(.cloudInitUserData, .derived)),
            .rendered("meta-data", .cloudInitMetaData),
            .rendered("network-config", .cloudInitNetworkConfig),
        ]
    }
}

extension TemplateName {
    public static let hostname: Self = "base/hostname"
    public static let hosts: Self = "base/hosts"
    public static let aptPeriodic: Self = "base/apt-periodic.conf"
    public static let noCalls: Self = "base/no-calls.conf"
    public static let interfaceName: Self = "base/lan0.link"
    public static let timesync: Self = "base/timesyncd.conf"
    public static let kernelModules: Self = "base/modules.conf"
    public static let kernelSettings: Self = "base/sysctl.conf"
    public static let sharedKernelSettings: Self = "programs/slipway-kernel-settings"
    public static let sharedKernelUnit: Self = "base/slipway-kernel-settings.service"
    public static let manager: Self = "base/manager.conf"
    public static let trustUnit: Self = "base/slipway-trust.service"
}

/// What every machine has: names, time, trust in the root, and on workers the kernel settings that pods need.
enum BaseSystemPlan: Consumer {
    /// Where distributions take additional authorities from: for what people start on a machine. No part of the cluster uses it.
    static let rootCertificate = "/usr/local/share/ca-certificates/slipway-root.crt"

    /// What Debian's and Ubuntu's images start by timers to ask servers outside. Each does one thing and ends, so that nothing waits for
    /// one that does not run; a unit that an image does not have makes its drop-in no harm.
    static let callers = [
        "apt-daily", "apt-daily-upgrade", "apt-news", "esm-cache", "fwupd-refresh", "motd-news", "ua-timer",
        "update-notifier-download", "update-notifier-motd",
    ]

    static func contribute(to plan: inout MachinePlan, _ cluster: Cluster, _ catalogue: PayloadCatalogue) {
        plan.payloads.append(PayloadUse(catalogue.applier, path: "/usr/local/sbin/slipway-apply"))
        if let packages = catalogue.packages(of: plan.machine) { plan.payloads.append(PayloadUse(packages)) }
        plan.files += [
            .rendered("/etc/hostname", .hostname),
            .rendered("/etc/hosts", .hosts),
            .rendered("/etc/apt/apt.conf.d/99-slipway", .aptPeriodic),
            FilePlan(rootCertificate, .trust([.root])),
            .rendered("/etc/systemd/system/slipway-trust.service", .trustUnit),
        ]
        plan.units.append(UnitPlan("slipway-trust.service", restartOn: [rootCertificate]))
        if plan.machine.role == .worker {
            plan.directories.append(DirectoryPlan("/etc/systemd/system.conf.d"))
            plan.files.append(.rendered("/etc/systemd/system.conf.d/10-slipway.conf", .manager))
        }
        // A container has the host's clock and the host's kernel; its /proc/sys is read-only.
        guard !cluster.guest.sharesKernel else {
            if plan.machine.role == .worker { showKernelSettings(to: &plan) }
            return
        }
        for name in callers {
            let directory = "/etc/systemd/system/\(name).service.d"
            plan.directories.append(DirectoryPlan(directory))
            plan.files.append(.rendered("\(directory)/10-slipway.conf", .noCalls))
        }
        plan.directories += [DirectoryPlan("/etc/systemd/network"), DirectoryPlan("/etc/systemd/timesyncd.conf.d")]
        plan.files.append(.rendered("/etc/systemd/network/10-slipway-lan0.link", .interfaceName))
        plan.files.append(.rendered("/etc/systemd/timesyncd.conf.d/10-slipway.conf", .timesync))
        if plan.machine.role == .worker { addKernelSettings(to: &plan) }
    }

    private static func showKernelSettings(to plan: inout MachinePlan) {
        let program = "/usr/local/sbin/slipway-kernel-settings"
        plan.files += [
            FilePlan(program, .program(.sharedKernelSettings), mode: 0o755),
            .rendered("/etc/systemd/system/slipway-kernel-settings.service", .sharedKernelUnit),
        ]
        plan.units.append(UnitPlan("slipway-kernel-settings.service", restartOn: [program]))
    }

    private static func addKernelSettings(to plan: inout MachinePlan) {
        let (modules, settings) = ("/etc/modules-load.d/kubernetes.conf", "/etc/sysctl.d/90-kubernetes.conf")
        plan.files += [.rendered(modules, .kernelModules), .rendered(settings, .kernelSettings)]
        // In this order: the bridge settings exist only once br_netfilter is loaded. Neither unit can be enabled, both
        // belong to every boot already.
        plan.units += [
            UnitPlan("systemd-modules-load.service", enable: false, restartOn: [modules]),
            UnitPlan("systemd-sysctl.service", enable: false, restartOn: [modules, settings]),
        ]
    }
}

extension TemplateName {
    public static let sshdConfig: Self = "ssh/10-slipway.conf"
}

/// The SSH server: a host key that the cluster's SSH authority has signed, and who may log in.
enum SSHPlan: Consumer {
    static func contribute(to plan: inout MachinePlan, _ cluster: Cluster, _ catalogue: PayloadCatalogue) {
        let config = "/etc/ssh/sshd_config.d/10-slipway.conf"
        let hostKey = "/etc/ssh/ssh_host_ed25519_key"
        let keys = "/etc/ssh/authorized_keys.d"
        plan.directories += [DirectoryPlan("/etc/ssh/sshd_config.d"), DirectoryPlan(keys)]
        // The key before what names it: a run that is cut short leaves a server that starts.
        plan.files += [
            FilePlan(hostKey, .sshHostKey),
            FilePlan("\(hostKey).pub", .sshHostPublicKey),
            FilePlan("\(hostKey)-cert.pub", .sshHostCertificate),
        ]
        plan.files += cluster.users.map { FilePlan("\(keys)/\($0.name)", .authorizedKeys(account: $0.name)) }
        plan.files.append(.rendered(config, .sshdConfig))
        // Authorised keys are read at each login and need no restart.
        plan.units.append(UnitPlan("ssh.service", restartOn: [config, hostKey, "\(hostKey)-cert.pub"]))
    }
}
