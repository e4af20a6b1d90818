import BundleFormat
import Launching

/// Looks whether UTM can run machines here.
struct UTMExaminer {
    let subject: Examination
    let control: () throws(LaunchError) -> UTMControl

    var findings: [Finding] {
        guard subject.host.system == .macOS else {
            return [
                Finding(
                    .failure, "system", "UTM needs macOS, and this is \(subject.host.system.rawValue)",
                    remedy: "Use --provider qemu.")
            ]
        }
        return utm + plan + network + Resources(subject).findings
    }

    /// Its version, and with it whether it may be asked at all.
    private var utm: [Finding] {
        do throws(LaunchError) {
            let control = try control()
            let version = try control.version()
            return [Finding(.ok, "UTM", "\(version), \(control.tool.utmctl)")] + (try taken(control))
        } catch {
            if case .unfit(let findings) = error { return findings }
            return [Finding(.failure, "UTM", error.description)]
        }
    }

    /// A machine of ours that UTM gave another identity than its configuration has works all the same.
    private func taken(_ control: UTMControl) throws(LaunchError) -> [Finding] {
        let names = UTMNames(paths: subject.paths)
        var findings: [Finding] = []
        for machine in subject.plan?.machines ?? [] {
            guard let record = try UTMRecord.read(names.record(of: machine.name)), record.isRegistered,
                record.uuid.uppercased() != machine.uuid.uppercased()
            else { continue }
            findings.append(
                Finding(
                    .warning, "UTM",
                    "UTM lists \(record.name) with the identity \(record.uuid) instead of \(machine.uuid), because it knows another machine with that one",
                    remedy:
                        "It works as it is. To mend it, remove the entry without a machine in UTM's window, destroy the instance and bring it up again."
                ))
        }
        return findings
    }

    private var plan: [Finding] {
        guard let plan = subject.plan else { return [] }
        guard !plan.sharesKernel else {
            return [
                Finding(
                    .failure, "kernel", "\(plan.cluster)'s machines share the host's kernel, and UTM's have their own",
                    remedy: "Set guest.kernel: own, or use --provider nspawn on Linux.")
            ]
        }
        do throws(LaunchError) {
            _ = try UTMProvider.configurations(plan, UTMNames(paths: subject.paths), subject.host)
        } catch {
            if case .unfit(let findings) = error { return findings }
            return [Finding(.failure, "UTM", error.description)]
        }
        guard plan.architecture == subject.host.architecture else {
            return [
                Finding(
                    .warning, "architecture",
                    "the bundle is for \(plan.architecture) and this host is \(subject.host.architecture): every instruction is emulated, ten times slower or more",
                    remedy: "Build it from a topology with guest.architecture: \(subject.host.architecture).")
            ]
        }
        return [Finding(.ok, "architecture", "\(plan.architecture), run by Hypervisor")]
    }

    /// macOS makes the shared network's bridge when the first machine starts; another interface with the same addresses,
    /// such as a VPN's, takes them away from it.
    private var network: [Finding] {
        guard let plan = subject.plan, let subnet = HostNetwork(interface: "", plan.subnet) else { return [] }
        let gateway = UTMSubnet.number(plan.gateway)
        for network in subject.host.networks() where network.overlaps(subnet) {
            if network.interface.hasPrefix("bridge"), network.address == gateway { continue }
            return [
                Finding(
                    .failure, "network",
                    "the machines' subnet \(plan.subnet) overlaps \(network), which \(network.interface) of this host is in",
                    remedy: "Choose another network.subnet in the topology, or switch \(network.interface) off.")
            ]
        }
        return [
            Finding(
                .ok, "network",
                "\(plan.subnet) is free. When ssh says 'No route to host', allow the terminal System Settings → Privacy & Security → Local Network"
            )
        ]
    }
}
