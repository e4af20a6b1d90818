import Foundation

/// The documents of an OCI image layout, as an outsider reads them.
enum OCI {
    struct Descriptor: Decodable {
        let mediaType: String
        let digest: String
        let size: Int64
        let annotations: [String: String]?

        var title: String? { annotations?["org.opencontainers.image.title"] }
    }

    struct Index: Decodable {
        let schemaVersion: Int
        let manifests: [Descriptor]
    }

    struct Manifest: Decodable {
        let config: Descriptor
        let layers: [Descriptor]
    }

    /// Where a descriptor's blob lies below an unpacked layout.
    static func blob(_ descriptor: Descriptor, in layout: URL) -> URL {
        layout.appendingPathComponent("blobs/sha256/\(descriptor.digest.split(separator: ":").last ?? "")")
    }

    static func read<Document: Decodable>(_ type: Document.Type, _ file: URL) throws -> Document {
        try JSONDecoder().decode(type, from: Data(contentsOf: file))
    }

    /// Every layer of every manifest of the bundle that lies in an unpacked layout.
    static func layers(of layout: URL) throws -> [Descriptor] {
        try read(Index.self, layout.appendingPathComponent("index.json")).manifests
            .flatMap { try read(Index.self, blob($0, in: layout)).manifests }
            .flatMap { try read(Manifest.self, blob($0, in: layout)).layers }
    }
}
