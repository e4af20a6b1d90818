import BundleFormat
import Foundation
import HostSystem

/// Brings a depot into an instance: by hard links where that is possible, so that it takes no room.
public enum DepotMirror {
    static let applier = "slipway-apply"

    /// Makes the target hold what the source holds. The target itself is kept, because running machines have it mounted;
    /// `depot.json` comes after all that it names, and what is no longer named goes last.
    public static func fill(_ target: String, from source: String) throws(LaunchError) {
        guard Files.exists("\(source)/\(DepotManifest.path)"), Files.exists("\(source)/\(applier)") else {
            throw .noDepot(path: source)
        }
        try Files.makeDirectory(target)
        let files = Files.files(below: source)
        for file in files where file != DepotManifest.path { try place(file, source, target) }
        try place(DepotManifest.path, source, target)
        let wanted = Set(files)
        for file in Files.files(below: target) where !wanted.contains(file) { try Files.remove("\(target)/\(file)") }
    }

    /// The same from a depot that `write` makes in the directory it is given, which is kept for the next time.
    public static func fill(_ target: String, beside write: (_ directory: String) throws -> Void) throws {
        let source = target + ".made"
        try write(source)
        try fill(target, from: source)
    }

    private static func place(_ file: String, _ source: String, _ target: String) throws(LaunchError) {
        let (from, to) = ("\(source)/\(file)", "\(target)/\(file)")
        if let identity = Files.identity(of: from), Files.identity(of: to) == identity { return }
        try Files.makeDirectory((to as NSString).deletingLastPathComponent)
        let temporary = to + ".new"
        try Files.remove(temporary)
        if !Files.hardLink(from, to: temporary) {
            do { try FileManager.default.copyItem(atPath: from, toPath: temporary) } catch {
                throw .system(call: "copy", path: from, reason: error.localizedDescription)
            }
        }
        try Files.rename(temporary, to: to)
    }
}
