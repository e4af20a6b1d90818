import Foundation
import Launching

/// What instances of a lab may have left on this host.
package enum Traces {
    /// Namespaces, processes, mounts, cgroups and files; empty when all is as it was.
    package static func find(of lab: Lab, instances: [String]) throws -> [String] {
        var traces = ["netns", "cgroup"].flatMap { kind in
            names(kind).filter { name in tags(lab, instances).contains { name.hasPrefix($0) } }.map { "\(kind) \($0)" }
        }
        for process in try FileManager.default.contentsOfDirectory(atPath: "/proc") where Int(process) != nil {
            let line = FileManager.default.contents(atPath: "/proc/\(process)/cmdline") ?? Data()
            let text = String(decoding: line.map { $0 == 0 ? 32 : $0 }, as: UTF8.self)
            if instances.contains(where: { text.contains("\(lab.state)/\($0)/") }) { traces.append("process \(text)") }
        }
        let mounts = try String(contentsOfFile: "/proc/self/mounts", encoding: .utf8).split(separator: "\n")
        traces += mounts.filter { line in instances.contains { line.contains("\(lab.state)/\($0)/") } }.map {
            "mount \($0)"
        }
        traces += instances.map { "\(lab.state)/\($0)" }.filter { FileManager.default.fileExists(atPath: $0) }
        return traces
    }

    private static func names(_ kind: String) -> [String] {
        let places =
            kind == "netns" ? ["/run/netns"] : ["/sys/fs/cgroup", "/sys/fs/cgroup/systemd", "/sys/fs/cgroup/unified"]
        return places.flatMap { (try? FileManager.default.contentsOfDirectory(atPath: $0)) ?? [] }
    }

    /// Everything outside the directory has a name that begins so.
    private static func tags(_ lab: Lab, _ instances: [String]) -> [String] {
        instances.compactMap { try? InstancePaths(name: $0, root: lab.state).tag }
    }
}
