import BundleFormat
import Testing
import Values

struct ManifestTests {
    static func digest(_ letter: Character) throws -> Digest { try Digest(hex: String(repeating: letter, count: 64)) }

    @Test func writesAndReadsAManifest() throws {
        let config = Descriptor(mediaType: MediaTypes.description, digest: try Self.digest("a"), size: 2)
        let layer = Descriptor(
            mediaType: MediaTypes.machineFiles, digest: try Self.digest("b"), size: 3,
            annotations: [AnnotationKeys.title: "etcd-1.iso", AnnotationKeys.machine: "etcd-1"])
        let manifest = Manifest(
            artifactType: MediaTypes.secretPart, config: config, layers: [layer],
            annotations: [AnnotationKeys.part: "secret"])
        let text = String(decoding: CanonicalJSON.encode(manifest.json), as: UTF8.self)
        let a = try Self.digest("a")
        let b = try Self.digest("b")
        #expect(
            text
                == #"{"annotations":{"dev.slipway.part":"secret"},"artifactType":"application/vnd.slipway.bundle.secret.v1","#
                + #""config":{"digest":"\#(a)","mediaType":"application/vnd.slipway.bundle.description.v1+json","size":2},"#
                + #""layers":[{"annotations":{"dev.slipway.machine":"etcd-1","org.opencontainers.image.title":"etcd-1.iso"},"#
                + #""digest":"\#(b)","mediaType":"application/vnd.slipway.machine.files.v1.tar","size":3}],"#
                + #""mediaType":"application/vnd.oci.image.manifest.v1+json","schemaVersion":2}"#)
        #expect(try Manifest(parsing: Array(text.utf8)) == manifest)
        #expect(try Manifest(parsing: Array(text.utf8)).layers[0].title == "etcd-1.iso")
    }

    /// In the field order of the specification's Go types, so that skopeo's own encoder gives the same bytes.
    @Test func writesAndReadsAnIndex() throws {
        let entry = Descriptor(
            mediaType: MediaTypes.manifest, digest: try Self.digest("c"), size: 9,
            annotations: [AnnotationKeys.part: "public"])
        let index = Index(manifests: [entry], annotations: [AnnotationKeys.referenceName: "ha"])
        #expect(try Index(parsing: index.encoded) == index)
        #expect(
            String(decoding: index.encoded, as: UTF8.self)
                == #"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":["#
                + #"{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"\#(entry.digest)","size":9,"#
                + #""annotations":{"dev.slipway.part":"public"}}],"annotations":{"org.opencontainers.image.ref.name":"ha"}}"#
        )
    }

    @Test func ignoresMembersOfTheSpecificationItDoesNotUse() throws {
        let hex = String(repeating: "d", count: 64)
        let text =
            #"{"schemaVersion":2,"manifests":[{"mediaType":"x","digest":"sha256:\#(hex)","size":1,"platform":{"os":"linux"}}],"new":[1]}"#
        #expect(try Index(parsing: Array(text.utf8)).manifests.count == 1)
    }

    @Test(arguments: [
        ("[]", "document: expected an object, found an array"),
        (#"{"manifests":[]}"#, "schemaVersion: is missing"),
        (#"{"schemaVersion":1,"manifests":[]}"#, "schemaVersion: expected 2"),
        (
            #"{"schemaVersion":2,"mediaType":"x","manifests":[]}"#,
            "mediaType: \"x\" is not application/vnd.oci.image.index"
        ),
        (#"{"schemaVersion":2}"#, "manifests: is missing"),
        (#"{"schemaVersion":2,"manifests":[{}]}"#, "manifests[0].mediaType: is missing"),
        (
            #"{"schemaVersion":2,"manifests":[{"mediaType":"x","digest":"y"}]}"#,
            "manifests[0].digest: \"y\" is not a digest"
        ),
    ])
    func refusesABrokenIndex(_ text: String, _ message: String) {
        let error = #expect(throws: FormatError.self) { try Index(parsing: Array(text.utf8)) }
        #expect(error?.description.hasPrefix(message) == true, "\(error?.description ?? "accepted")")
    }

    @Test func checksTheLayoutMarker() throws {
        let bytes = CanonicalJSON.encode(ImageLayout.marker)
        #expect(String(decoding: bytes, as: UTF8.self) == #"{"imageLayoutVersion":"1.0.0"}"#)
        try ImageLayout.checkMarker(bytes)
        let error = #expect(throws: FormatError.self) {
            try ImageLayout.checkMarker(Array(#"{"imageLayoutVersion":"2.0.0"}"#.utf8))
        }
        #expect(error?.description == "imageLayoutVersion: expected \"1.0.0\"")
    }
}
