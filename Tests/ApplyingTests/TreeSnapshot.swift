import Foundation

/// Names, kinds, modes and contents below a directory, without the caches that hold times.
struct TreeSnapshot: Equatable {
    private(set) var lines: [String: String] = [:]

    init(_ root: String, excluding names: Set<String> = ["digests.json", "lock"]) throws {
        let manager = FileManager.default
        guard let walker = manager.enumerator(atPath: root) else { return }
        for case let name as String in walker where !names.contains((name as NSString).lastPathComponent) {
            let path = root + "/" + name
            let attributes = try manager.attributesOfItem(atPath: path)
            let mode = String((attributes[.posixPermissions] as? Int) ?? -1, radix: 8)
            let kind = attributes[.type] as? FileAttributeType
            switch kind {
            case FileAttributeType.typeRegular:
                lines[name] = "\(mode) \(try Data(contentsOf: URL(fileURLWithPath: path)).base64EncodedString())"
            case FileAttributeType.typeSymbolicLink:
                lines[name] = "-> \(try manager.destinationOfSymbolicLink(atPath: path))"
            default: lines[name] = "\(mode) directory"
            }
        }
    }

    /// The paths in which two trees differ, for a readable failure.
    func differences(from other: TreeSnapshot) -> [String] {
        Set(lines.keys).union(other.lines.keys).filter { lines[$0] != other.lines[$0] }.sorted()
    }
}
