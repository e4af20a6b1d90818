import Foundation
import HostSystem
import LabSupport
import Launching
import TestSupport

/// The QEMU processes of instances, found without Slipway's help.
enum Qemu {
    struct Process {
        let id: Int32
        let line: String
    }

    static func tags(of lab: Lab) throws -> [String] {
        try ["vm", "second"].map { try InstancePaths(name: $0, root: lab.state).tag }
    }

    static func processes(of lab: Lab, _ instance: String = "vm") throws -> [Process] {
        try processes(tag: InstancePaths(name: instance, root: lab.state).tag)
    }

    /// The processes with the instance's mark in their arguments.
    static func processes(tag: String) throws -> [Process] {
        let result = try ProcessRunner().run(ExternalCommand(["ps", "-axww", "-o", "pid=,stat=,args="]))
        return result.output.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ", maxSplits: 2)
            guard words.count == 3, let id = Int32(words[0]), !words[1].hasPrefix("Z"),
                words[2].contains("qemu-system"),
                words[2].contains(" \(tag)-")
            else { return nil }
            return Process(id: id, line: String(words[2]))
        }
    }

    /// Ends a machine's QEMU, or with `-switch` the switch, as a crash would.
    static func kill(_ machine: String, of lab: Lab, _ instance: String = "vm") throws {
        let tag = try InstancePaths(name: instance, root: lab.state).tag
        for process in try processes(tag: tag) where process.line.contains("-name \(tag)-\(machine) ") {
            Foundation.kill(process.id, SIGKILL)
        }
    }
}
