import ClusterModel
import Values

extension TemplateName {
    public static let hostname: Self = "base/hostname"
    public static let hosts: Self = "base/hosts"
    public static let aptPeriodic: Self = "base/apt-periodic.conf"
    public static let timesync: Self = "base/timesyncd.conf"
    public static let kernelModules: Self = "base/modules.conf"
    public static let kernelSettings: Self = "base/sysctl.conf"
    public static let trustUnit: Self = "base/slipway-trust.service"
}

/// What every machine has: names, time, trust in the root, and on workers the kernel settings that pods need.
///
/// `slipway-apply.service` is not here: cloud-init's user-data makes it anew at each boot, before there is anything applied.
enum BaseSystemConsumer: Consumer {
    /// Where distributions take additional authorities from; also what HAProxy and Vault's tools verify with.
    static let rootCertificate = "/usr/local/share/ca-certificates/slipway-root.crt"

    static func contribute(to plan: inout MachinePlan, _ cluster: Cluster, _ catalogue: PayloadCatalogue) {
        plan.payloads.append(PayloadUse(catalogue.applier, path: "/usr/local/sbin/slipway-apply"))
        plan.files += [
            .rendered("/etc/hostname", .hostname),
            .rendered("/etc/hosts", .hosts),
            .rendered("/etc/apt/apt.conf.d/99-slipway", .aptPeriodic),
            FilePlan(rootCertificate, .authorityCertificates([.root])),
            .rendered("/etc/systemd/system/slipway-trust.service", .trustUnit),
        ]
        plan.units.append(UnitPlan("slipway-trust.service", restartOn: [rootCertificate]))
        // A container has the host's clock and the host's kernel; its /proc/sys is read-only.
        guard !cluster.guest.sharesKernel else { return }
        plan.directories.append(DirectoryPlan("/etc/systemd/timesyncd.conf.d"))
        plan.files.append(.rendered("/etc/systemd/timesyncd.conf.d/10-slipway.conf", .timesync))
        if plan.machine.role == .worker { addKernelSettings(to: &plan) }
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
