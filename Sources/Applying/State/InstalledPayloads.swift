import BundleFormat
import Values

/// `installed.json`: packages and images, which other programs keep and no path shows. Name → digest.
struct InstalledPayloads: Hashable {
    var packages: [String: Digest] = [:]
    var images: [String: Digest] = [:]

    init() {}

    init(decoding cursor: JSONCursor) throws(FormatError) {
        packages = try Self.digests(cursor.required("packages"))
        images = try Self.digests(cursor.required("images"))
    }

    private static func digests(_ cursor: JSONCursor) throws(FormatError) -> [String: Digest] {
        var digests: [String: Digest] = [:]
        for (name, text) in try cursor.stringPairs(limit: MachineManifest.listLimit) {
            do { digests[name] = try Digest(parsing: text) } catch { throw cursor.refused(error.description) }
        }
        return digests
    }

    var json: JSONValue {
        ["packages": .strings(packages.mapValues(\.description)), "images": .strings(images.mapValues(\.description))]
    }
}
