import BundleFormat
import Values

/// Compares what machines need with what the host has.
package struct Resources {
    package let subject: Examination

    package init(_ subject: Examination) { self.subject = subject }

    package var findings: [Finding] {
        guard subject.plan != nil, !subject.machines.isEmpty else { return [] }
        return [processors, memory, disk]
    }

    private var count: String { subject.machines.count == 1 ? "1 machine" : "\(subject.machines.count) machines" }

    private var processors: Finding {
        let wanted = subject.machines.reduce(0) { $0 + $1.cpus }
        let there = Int64(subject.host.processors)
        // Machines that wait take no time: many may share one processor.
        guard wanted <= there * 4 else {
            return Finding(
                .warning, "processors", "\(count) have \(wanted) processors and this host \(there): all will be slow",
                remedy: "Start fewer machines, or lower 'cpus' in the topology.")
        }
        return Finding(.ok, "processors", "\(count) have \(wanted), this host \(there)")
    }

    private var memory: Finding {
        let wanted = subject.machines.reduce(0) { $0 + Int64($1.memory.mebibytes) } << 20
        guard let there = subject.host.availableMemory() else {
            return Finding(.warning, "memory", "\(count) need \(Self.size(wanted)); this host does not say what it has")
        }
        let text = "\(count) have \(Self.size(wanted)) of memory, and this host can give \(Self.size(there))"
        // A container has a limit, not a claim.
        if subject.plan?.sharesKernel == true || wanted <= there { return Finding(.ok, "memory", text) }
        return Finding(
            .failure, "memory", text,
            remedy: "Close other programs, name fewer machines, or lower 'memory' in the topology.")
    }

    private var disk: Finding {
        let full = subject.machines.reduce(0) { $0 + Int64($1.disk.mebibytes) } << 20
        // Disks grow with what is written; this is what a machine writes in its first minutes.
        let first = Int64(subject.machines.count) * (1 << 30)
        let place = subject.paths.root
        guard let there = subject.host.freeSpace(place) else {
            return Finding(.warning, "disk", "it cannot be found out how much is free at \(place)")
        }
        let text = "\(count) may write up to \(Self.size(full)), and \(Self.size(there)) are free at \(place)"
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
