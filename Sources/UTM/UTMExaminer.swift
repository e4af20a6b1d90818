import BundleFormat
import Launching
import Values

/// Looks whether UTM can run machines here.
struct UTMExaminer {
    let subject: Examination
    let control: () throws(LaunchError) -> UTMControl
    /// Whether a person has named `utmctl`: then UTM is wherever that speaks to, and no system is asked for.
    let isNamed: Bool
    let runner: any CommandRunner

    var findings: [Finding] {
        guard subject.host.system == .macOS || isNamed else {
            return [
                Finding(
                    .failure, "system", "UTM needs macOS, and this is \(subject.host.system.rawValue)",
                    remedy: "Use --provider qemu.")
            ]
        }
        return utm + mac + plan + network + movingAddress + neighbours + Resources(subject).findings
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

    private var mac: [Finding] {
        guard subject.host.system == .macOS, let tool = try? control().tool else { return [] }
        return UTMMac(runner: runner, application: tool.application).findings(state: subject.paths.root)
    }

    /// A machine of ours that UTM gave another identity than its configuration has works all the same.
    private func taken(_ control: UTMControl) throws(LaunchError) -> [Finding] {
        let names = UTMNames(paths: subject.paths)
        var findings: [Finding] = []
        for machine in subject.plan?.machines ?? [] {
            guard let record = try UTMRecord.read(names.record(of: machine.name)), record.isRegistered,
                record.uuid.uppercased() != machine.uuid.description
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
                    "the bundle is for \(plan.architecture.rawValue) and this host is \(subject.host.architecture.rawValue): every instruction is emulated, ten times slower or more",
                    remedy: "Build it from a topology with guest.architecture: \(subject.host.architecture.rawValue).")
            ]
        }
        return [Finding(.ok, "architecture", "\(plan.architecture.rawValue), run by Hypervisor: Rosetta is not needed")]
    }

    /// macOS makes the shared network's bridge when the first machine starts; another interface with the same addresses,
    /// such as a VPN's, takes them away from it.
    private var network: [Finding] {
        guard let plan = subject.plan else { return [] }
        for network in subject.host.networks() where network.network.overlaps(plan.subnet) {
            let isOwn = network.address == plan.gateway && network.network == plan.subnet
            if network.interface.hasPrefix("bridge"), isOwn { continue }
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

    /// What the shared network does with an address that moves between machines: as far as is known, what a switch does.
    private var movingAddress: [Finding] {
        guard let plan = subject.plan, plan.movesAPIAddress else { return [] }
        let balancers = plan.apiEntrances.map(\.name).joined(separator: " and ")
        return [
            Finding(
                .warning, "network",
                "the API's address moves between \(balancers). UTM's shared network is a switch of macOS, which should follow the announcement (gratuitous ARP) of whoever takes the address over; slipway has not seen it do so on a Mac",
                remedy:
                    "Try it once: 'slipway stop \(subject.paths.name) \(plan.apiEntrances[0].name)', then 'slipway kubectl \(subject.paths.name) -- get nodes'. If the Mac or workers lose the API for more than some seconds, use --provider qemu, whose switch carries such an address, or one load balancer without network.api."
            )
        ]
    }

    /// The machines of other instances that run in UTM are in the same network.
    private var neighbours: [Finding] {
        guard let plan = subject.plan else { return [] }
        do throws(LaunchError) {
            let others = try UTMNeighbour.running(besides: subject.paths, control)
            let wanted = subject.machines.isEmpty ? plan.machines : subject.machines
            let findings = others.compactMap { $0.finding(for: plan, wanted, cluster: subject.paths.name) }
            guard findings.isEmpty else { return findings }
            return interfaces(wanted.count, others) + (others.isEmpty ? bridge(plan) : [])
        } catch { return [Finding(.warning, "network", "other instances could not be looked at: \(error)")] }
    }

    /// Each machine has one interface of vmnet. Apple's documentation of the framework gives a maximum of 32 on one Mac, which
    /// other programs' machines count towards too.
    private func interfaces(_ wanted: Int, _ others: [UTMNeighbour]) -> [Finding] {
        let present = others.reduce(0) { $0 + $1.machines.count }
        guard wanted + present > Self.interfaceLimit else { return [] }
        let besides = present == 0 ? "" : " beside \(present) that run"
        return [
            Finding(
                .warning, "network",
                "\(wanted) machines\(besides) need more interfaces than macOS's vmnet is said to have room for, which is \(Self.interfaceLimit)",
                remedy: "Start fewer machines, or use --provider qemu, whose machines need none.")
        ]
    }

    private static let interfaceLimit = 32

    /// A bridge that is there while no machine of ours runs belongs to another machine, whose DHCP server may give our
    /// addresses away.
    private func bridge(_ plan: LaunchPlan) -> [Finding] {
        guard subject.machines.count == plan.machines.count,
            let found = subject.host.networks().first(where: {
                $0.interface.hasPrefix("bridge") && $0.address == plan.gateway
            })
        else { return [] }
        return [
            Finding(
                .warning, "network",
                "\(found.interface) has the gateway \(plan.gateway) already, so a machine that is not slipway's is in that network, and its DHCP server may give the machines' addresses to others",
                remedy: "Stop that machine first, or choose another network.subnet in the topology.")
        ]
    }
}

/// Another instance whose machines run in UTM, and so are in the one network that UTM's machines share.
struct UTMNeighbour {
    let instance: Instance
    /// Those that run.
    let machines: [LaunchDefinition]

    /// - Throws: what asking UTM throws; an instance whose documents are damaged is left out.
    static func running(
        besides paths: InstancePaths, _ control: () throws(LaunchError) -> UTMControl
    ) throws(LaunchError) -> [UTMNeighbour] {
        var candidates: [Instance] = []
        for name in Instance.names(in: paths.root) where name != paths.name {
            guard let other = try? InstancePaths(name: name, root: paths.root),
                let instance = try? Instance.find(other),
                instance.record.provider == .utm
            else { continue }
            candidates.append(instance)
        }
        guard !candidates.isEmpty else { return [] }
        let control = try control()
        var expected: Set<String> = []
        var known: [(instance: Instance, uuids: [String: String])] = []
        for instance in candidates {
            let names = UTMNames(paths: instance.paths)
            var uuids: [String: String] = [:]
            for machine in instance.plan.machines where names.hasPackage(machine.name) {
                guard let record = try? UTMRecord.read(names.record(of: machine.name)), record.isRegistered else {
                    continue
                }
                uuids[machine.name] = record.uuid
            }
            expected.formUnion(uuids.values)
            known.append((instance, uuids))
        }
        let running = Set(try control.list(expecting: expected).filter { $0.state != .stopped }.map(\.uuid))
        return known.compactMap { (instance, uuids) in
            let machines = instance.plan.machines.filter { uuids[$0.name].map(running.contains) == true }
            return machines.isEmpty ? nil : UTMNeighbour(instance: instance, machines: machines)
        }
    }

    /// What keeps machines from being started beside these; nil when nothing does.
    func finding(for plan: LaunchPlan, _ wanted: [LaunchDefinition], cluster: String) -> Finding? {
        let name = instance.paths.name
        let taken = Dictionary(machines.map { ($0.address, $0.name) }) { first, _ in first }
        let clashes = wanted.compactMap { machine in taken[machine.address].map { (machine, $0) } }
        if let (machine, other) = clashes.first {
            let count = clashes.count == 1 ? "the address" : "\(clashes.count) addresses, one of them"
            return Finding(
                .failure, "network",
                "'\(name)' runs in UTM with \(count) \(machine.address): its \(other) and this one's \(machine.name) would answer to it",
                remedy: "Stop it with 'slipway stop \(name)', or choose another network.subnet in the topology.")
        }
        if instance.plan.subnet != plan.subnet, instance.plan.subnet.overlaps(plan.subnet) {
            return Finding(
                .failure, "network", "'\(name)' runs in UTM in \(instance.plan.subnet), which overlaps \(plan.subnet)",
                remedy: "Stop it with 'slipway stop \(name)', or choose another network.subnet in the topology.")
        }
        return nil
    }
}
