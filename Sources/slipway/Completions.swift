import ArgumentParser
import BundleFormat
import Foundation
import Launching

/// What a shell offers for an argument. The scripts for bash, zsh and fish are ArgumentParser's.
extension CompletionKind {
    static var topology: CompletionKind { .file(extensions: ["yaml"]) }

    static var bundle: CompletionKind { .file(extensions: ["tar", "sealed"]) }

    /// A bundle, or the name of an instance that is on this computer.
    static var subject: CompletionKind { .custom { _, _, begun in instances(begun) + bundles(begun) } }

    /// The name of an instance.
    static var instance: CompletionKind { .custom { _, _, begun in instances(begun) } }

    /// A machine of the instance that is named before it.
    static var machine: CompletionKind {
        .custom { words, _, begun in
            guard let root = try? InstancePaths.defaultRoot(ProcessInfo.processInfo.environment) else { return [] }
            let known = Set(instances(""))
            guard let name = words.first(where: known.contains), let paths = try? InstancePaths(name: name, root: root),
                let instance = try? Instance.open(paths)
            else { return [] }
            return instance.plan.machines.map(\.name).filter { $0.hasPrefix(begun) }
        }
    }

    private static func instances(_ begun: String) -> [String] {
        guard let root = try? InstancePaths.defaultRoot(ProcessInfo.processInfo.environment) else { return [] }
        return Instance.names(in: root).filter { $0.hasPrefix(begun) }.sorted()
    }

    /// Bundles, and the directories on the way to one.
    private static func bundles(_ begun: String) -> [String] {
        let directory = begun.lastIndex(of: "/").map { String(begun[...$0]) } ?? ""
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory.isEmpty ? "." : directory)) ?? []
        return names.sorted().compactMap { name in
            let path = directory + name
            guard path.hasPrefix(begun), !name.hasPrefix(".") || begun.hasSuffix(".") else { return nil }
            var isDirectory: ObjCBool = false
            guard unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else { return nil }
            return isDirectory.boolValue ? path + "/" : name.hasSuffix(".tar") || name.hasSuffix(".sealed") ? path : nil
        }
    }
}
