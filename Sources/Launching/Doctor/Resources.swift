import BundleFormat
import Values

/// Compares what machines need with what the host has.
package struct Resources {
    package let subject: Examination

    package init(_ subject: Examination) { self.subject = subject }

    package var findings: [Finding] {
        guard let plan = subject.plan, !(subject.machines + subject.running).isEmpty else { return [] }
        func needs(_ machines: [LaunchDefinition]) -> HostNeeds {
            HostNeeds(of: machines, among: plan.machines.count, sharesKernel: plan.sharesKernel)
        }
        let counted = HostNeeds.findings(
            starting: needs(subject.machines), running: needs(subject.running), count: all,
            limits: subject.host.limits())
        return [processors, memory, disk] + counted + bridge
    }

    /// Machines that share a kernel are plugged into one bridge: `BR_MAX_PORTS` of Linux, of which none has the number 0.
    private var bridge: [Finding] {
        let limit = 1023
        guard let plan = subject.plan, plan.sharesKernel, plan.machines.count > limit else { return [] }
        return [
            Finding(
                .failure, "bridge",
                "\(Self.count(plan.machines)) share a bridge, and Linux has room for \(limit) at one",
                remedy: "Make the topology smaller, or give its machines kernels of their own with guest.kernel: own.")
        ]
    }

    private static func count(_ machines: [LaunchDefinition]) -> String {
        machines.count == 1 ? "1 machine" : "\(machines.count) machines"
    }

    /// `26 machines (20 run)`
    private var all: String {
        let running = subject.running.count
        return Self.count(subject.machines + subject.running) + (running == 0 ? "" : " (\(running) run)")
    }

    private var starting: String { Self.count(subject.machines) + (subject.running.isEmpty ? "" : " to start") }

    private var processors: Finding {
        let wanted = (subject.machines + subject.running).reduce(0) { $0 + $1.cpus }
        let there = Int64(subject.host.processors)
        // Machines that wait take no time: many may share one processor.
        guard wanted <= there * 4 else {
            return Finding(
                .warning, "processors", "\(all) have \(wanted) processors and this host \(there): all will be slow",
                remedy: "Start fewer machines, or lower 'cpus' in the topology.")
        }
        return Finding(.ok, "processors", "\(all) have \(wanted), this host \(there)")
    }

    private var memory: Finding {
        let wanted = subject.machines.reduce(0) { $0 + Int64($1.memory.mebibytes) } << 20
        let taken = subject.running.reduce(0) { $0 + Int64($1.memory.mebibytes) } << 20
        let run = subject.running.isEmpty ? "" : "; \(Self.count(subject.running)) with \(Self.size(taken)) run"
        guard let there = subject.host.availableMemory() else {
            return Finding(
                .warning, "memory", "\(starting) need \(Self.size(wanted)); this host does not say what it has")
        }
        let text = "\(starting) have \(Self.size(wanted)) of memory, and this host can give \(Self.size(there))\(run)"
        // A container has a limit, not a claim.
        if subject.plan?.sharesKernel == true || wanted <= there { return Finding(.ok, "memory", text) }
        return Finding(
            .failure, "memory", text,
            remedy: "Close other programs, name fewer machines, or lower 'memory' in the topology.")
    }

    private var disk: Finding {
        let full = (subject.machines + subject.running).reduce(0) { $0 + Int64($1.disk.mebibytes) } << 20
        // Disks grow with what is written; this is what a machine writes in its first minutes.
        let first = Int64(subject.machines.count) * (1 << 30)
        let place = subject.paths.root
        guard let there = subject.host.freeSpace(place) else {
            return Finding(.warning, "disk", "it cannot be found out how much is free at \(place)")
        }
        let text = "\(all) may write up to \(Self.size(full)), and \(Self.size(there)) are free at \(place)"
        if there < first {
            return Finding(
                .failure, "disk", text, remedy: "Make at least \(Self.size(first)) free, or set SLIPWAY_STATE.")
        }
        return there < full
            ? Finding(.warning, "disk", text, remedy: "Enough to start with; free some space soon.")
            : Finding(.ok, "disk", text)
    }

    /// `38.0 GiB`.
    package static func size(_ bytes: Int64) -> String {
        let tenths = (bytes * 10 + (1 << 29)) >> 30
        return "\(tenths / 10).\(tenths % 10) GiB"
    }
}
