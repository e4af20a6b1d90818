import BundleFormat
import Testing
import Values

@testable import Applying

struct DepotManifestTests {
    private static let hex = String(repeating: "a", count: 64)

    @Test func comesBackAsItWas() throws {
        let digest = try Digest(hex: Self.hex)
        let manifest = DepotManifest(payloads: [
            DepotPayload(
                name: "etcd", digest: digest, size: 9,
                members: [PayloadMember(path: "etcd-v3/etcd", digest: digest, size: 4, mode: 0o755)])
        ])
        let bytes = CanonicalJSON.encode(manifest.json)
        #expect(try DepotManifest(parsing: bytes) == manifest)
        #expect(String(decoding: bytes, as: UTF8.self).contains(#""members":[{"digest":"sha256:aa"#))
    }

    @Test(arguments: [
        (#"{"version":2}"#, "depot.json version 2 is from the future; this slipway-apply reads version 1"),
        (#"{"version":1}"#, "payloads: is missing"),
        (#"{"version":1,"payloads":[],"x":1}"#, "x: is not known here"),
        (#"{"version":1,"payloads":[P,P]}"#, "payloads[1].digest: sha256:aaaa"),
        (#"{"version":1,"payloads":[M,M]}"#, "payloads[0].members[0].path: path \"../x\" is refused"),
        (#"{"version":1,"payloads":[N]}"#, "payloads[0].members: member \"x\" occurs twice"),
        (
            #"{"version":1,"payloads":[S]}"#,
            "payloads[0].members[0].mode: no file of a bundle runs as somebody else: expected 0000 to 0777, found 6755"
        ),
    ])
    func refused(text: String, words: String) {
        let digest = "sha256:\(Self.hex)"
        let head = #"{"name":"p","digest":"\#(digest)","size":1"#
        func member(_ path: String) -> String { #"{"path":"\#(path)","digest":"\#(digest)","size":1,"mode":"0755"}"# }
        var document = text.replacing("P", with: head + "}")
        document = document.replacing("M", with: head + #","members":[\#(member("../x"))]}"#)
        document = document.replacing("N", with: head + #","members":[\#(member("x")),\#(member("x"))]}"#)
        document = document.replacing(
            "S", with: head + #","members":[\#(member("x").replacing("0755", with: "6755"))]}"#)
        let error = #expect(throws: FormatError.self) { try DepotManifest(parsing: Array(document.utf8)) }
        #expect(error?.description.hasPrefix(words) == true, "\(error?.description ?? "")")
    }
}
