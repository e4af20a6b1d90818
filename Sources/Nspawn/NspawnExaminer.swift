import BundleFormat
import HostSystem
import Launching
import Values

/// Looks whether containers can run here.
struct NspawnExaminer {
    let subject: Examination

    var findings: [Finding] {
        guard subject.host.system == .linux else {
            return [
                Finding(
                    .failure, "system", "containers need Linux, and this is \(subject.host.system.rawValue)",
                    remedy: "Use --provider utm or qemu, with a topology that has guest.kernel: own.")
            ]
        }
        return [root, programs] + plan + Resources(subject).findings
    }

    private var root: Finding {
        guard SystemCalls.isRoot else {
            return Finding(
                .failure, "rights", "nspawn cannot be used here: it needs root", remedy: "Run slipway with sudo.")
        }
        return Finding(.ok, "rights", "root")
    }

    private var programs: Finding {
        let needed = ["ip", "systemd-nspawn", "nsenter", "unshare", "setsid", "mount", "ssh"]
        let missing = needed.filter { (try? ProcessRunner.executable($0)) == nil }
        guard missing.isEmpty else {
            return Finding(
                .failure, "programs", "\(missing.joined(separator: ", ")) is not installed",
                remedy: "On Debian: apt-get install systemd-container iproute2 util-linux openssh-client.")
        }
        return Finding(.ok, "programs", "systemd-nspawn, ip and ssh are there")
    }

    private var plan: [Finding] {
        guard let plan = subject.plan else { return [] }
        guard plan.sharesKernel else {
            return [
                Finding(
                    .failure, "kernel",
                    "\(plan.cluster)'s machines need a kernel of their own, and nspawn shares the host's",
                    remedy: "Set guest.kernel: shared, or use --provider qemu.")
            ]
        }
        guard plan.architecture == subject.host.architecture else {
            return [
                Finding(
                    .failure, "architecture",
                    "the bundle is for \(plan.architecture.rawValue) and this host is \(subject.host.architecture.rawValue): its machines share the host's kernel",
                    remedy: "Build it from a topology with guest.architecture: \(subject.host.architecture.rawValue).")
            ]
        }
        return [Finding(.ok, "architecture", plan.architecture.rawValue)]
    }
}
