import Testing
import Values

@testable import Registry

@Suite("Manifests of registries")
struct ImageDocumentTests {
    private static let digest = "sha256:" + String(repeating: "0a", count: 32)

    private static func blob(_ type: String, _ more: String = "") -> String {
        #"{"mediaType":"\#(type)","digest":"\#(digest)","size":5\#(more)}"#
    }

    private static let config = blob("application/vnd.oci.image.config.v1+json")
    private static let layer = blob("application/vnd.oci.image.layer.v1.tar+gzip")

    private static func parse(_ text: String) throws -> ImageDocument {
        try ImageDocument(parsing: Array(text.utf8), of: "x")
    }

    private static func index(_ platforms: [(String, String, String?)]) throws -> [ImageDocument.Entry] {
        let entries = platforms.map { os, architecture, variant in
            let third = variant.map { #","variant":"\#($0)""# } ?? ""
            return blob(
                "application/vnd.oci.image.manifest.v1+json",
                #","platform":{"os":"\#(os)","architecture":"\#(architecture)"\#(third)}"#)
        }
        let document = try parse(#"{"schemaVersion":2,"manifests":[\#(entries.joined(separator: ","))]}"#)
        guard case .index(let found) = document else { return [] }
        return found
    }

    @Test("of both families are read")
    func families() throws {
        for (own, config, layer) in [
            ("application/vnd.oci.image.manifest.v1+json", Self.config, Self.layer),
            (
                "application/vnd.docker.distribution.manifest.v2+json",
                Self.blob("application/vnd.docker.container.image.v1+json"),
                Self.blob("application/vnd.docker.image.rootfs.diff.tar.gzip")
            ),
        ] {
            let text = #"{"schemaVersion":2,"mediaType":"\#(own)","config":\#(config),"layers":[\#(layer)]}"#
            guard case .manifest(let found, let layers) = try Self.parse(text) else {
                Issue.record("no manifest: \(own)")
                continue
            }
            #expect(found.size == 5)
            #expect(layers.count == 1)
        }
    }

    @Test(
        "of another kind are refused, and so is what can be read in two ways",
        arguments: [
            "", "[]", "{}", #"{"schemaVersion":1,"fsLayers":[]}"#,
            #"{"schemaVersion":2,"config":\#(config),"layers":[\#(layer)],"manifests":[]}"#,
            #"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","config":\#(config),"layers":[]}"#,
            #"{"schemaVersion":2,"config":\#(blob("application/vnd.cncf.helm.config.v1+json")),"layers":[]}"#,
            #"{"schemaVersion":2,"config":\#(config),"layers":[\#(blob("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"))]}"#,
            #"{"schemaVersion":2,"config":\#(config.replacing("5", with: "-1")),"layers":[]}"#,
            #"{"schemaVersion":2,"config":\#(config.replacing("sha256", with: "sha512")),"layers":[]}"#,
        ])
    func refused(text: String) {
        #expect(throws: RegistryError.self) { try Self.parse(text) }
    }

    @Test("The platform is Linux on the architecture, the plain one or its first variant")
    func platform() throws {
        let entries = try Self.index([
            ("windows", "amd64", nil), ("linux", "arm", "v7"), ("linux", "arm64", "v8"), ("linux", "amd64", nil),
            ("unknown", "unknown", nil),
        ])
        #expect(try ImageDocument.choose(entries, for: .arm64, of: "x").platform == "linux/arm64/v8")
        #expect(try ImageDocument.choose(entries, for: .amd64, of: "x").platform == "linux/amd64")
        let newer = try Self.index([("linux", "amd64", "v3"), ("unknown", "unknown", nil)])
        #expect(throws: RegistryError.noPlatform(image: "x", wanted: .amd64, offered: ["linux/amd64/v3"])) {
            try ImageDocument.choose(newer, for: .amd64, of: "x")
        }
    }

    @Test("The configuration says for what system an image is")
    func configuration() throws {
        try ImageDocument.check(Array(#"{"os":"linux","architecture":"arm64"}"#.utf8), for: .arm64, of: "x")
        #expect(throws: RegistryError.wrongPlatform(image: "x", wanted: .arm64, found: "linux/amd64")) {
            try ImageDocument.check(Array(#"{"os":"linux","architecture":"amd64"}"#.utf8), for: .arm64, of: "x")
        }
        #expect(throws: RegistryError.self) { try ImageDocument.check([], for: .arm64, of: "x") }
    }
}
