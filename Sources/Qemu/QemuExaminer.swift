import BundleFormat
import HostSystem
import Launching
import Values

/// Looks whether virtual machines can run here under QEMU.
struct QemuExaminer {
    let subject: Examination
    let probe: QemuProbe
    let forwardPort: Int?

    var findings: [Finding] {
        qemu + plan + ssh + port + Resources(subject).findings + network
    }

    private var qemu: [Finding] {
        let guest = subject.plan?.architecture ?? subject.host.architecture
        do throws(LaunchError) {
            let report = try probe.report(on: guest)
            return (subject.plan?.boot == nil ? report : report.forDirectBoot).findings
        } catch {
            return [Finding(.failure, "QEMU", "\(error)")]
        }
    }

    private var plan: [Finding] {
        guard let plan = subject.plan, plan.sharesKernel else { return [] }
        return [
            Finding(
                .failure, "kernel",
                "\(plan.cluster)'s machines share the host's kernel, so they are no virtual machines",
                remedy: "Use --provider nspawn, or set guest.kernel: own and build the bundle again.")
        ]
    }

    private var ssh: [Finding] {
        guard (try? ProcessRunner.executable("ssh")) != nil else {
            return [
                Finding(
                    .failure, "ssh", "ssh is not installed: it is the way into the machines",
                    remedy: "On Debian: apt install openssh-client.")
            ]
        }
        return [Finding(.ok, "ssh", "it is there")]
    }

    private var port: [Finding] {
        guard let forwardPort, let jump = subject.plan?.sshEntrance, subject.machines.contains(jump) else { return [] }
        if LoopbackPort.isFree(forwardPort) { return [Finding(.ok, "port", "127.0.0.1:\(forwardPort) is free")] }
        return [
            Finding(
                .failure, "port", "port \(forwardPort) of 127.0.0.1 is in use by another program",
                remedy: "Choose another --ssh-port, or omit it for one that is free.")
        ]
    }

    /// The machines' network is between QEMUs alone, so the host's own networks do not get in its way.
    private var network: [Finding] {
        guard let plan = subject.plan,
            let other = subject.host.networks().first(where: { $0.network.overlaps(plan.subnet) })
        else { return [] }
        return [
            Finding(
                .warning, "network",
                "the machines' network \(plan.subnet) is also this host's (\(other.interface) has \(other)); the two do not meet",
                remedy:
                    "Programs of the host still reach the machines only by 'slipway ssh'. To tell them apart, set network.subnet."
            )
        ]
    }
}
