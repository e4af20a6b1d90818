import Archive
import BundleFormat
import Carrying
import HostSystem
import TestSupport
import Testing
import Unbundling
import Values

/// Where pieces lie follows from the packing list, and no part is as large as was asked for.
@Suite("layout of parts") struct LayoutTests {
    @Test("every blob is in the parts once, in order and whole, whatever the sizes", arguments: 0..<40)
    func covers(_ seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        let partSize = Int64.random(in: 200_000...3_000_000, using: &random)
        let list = list(count: 60, partSize: seed == 0 ? nil : partSize, &random)
        let parts = try PartLayout(list).parts
        #expect(parts.map(\.number) == Array(1...parts.count))
        #expect(seed != 0 || parts.count == 1)
        let pieces = parts.flatMap(\.pieces)
        var rest = pieces[...]
        for entry in list.cargo {
            var end: Int64 = 0
            repeat {
                let next = rest.popFirst()
                let piece = try #require(next)
                #expect(piece.entry == entry && piece.offset == end)
                end += piece.size
            } while end < entry.size
            #expect(end == entry.size)
        }
        #expect(rest.isEmpty)
        for part in parts where seed != 0 {
            #expect(part.pieces.reduce(0) { $0 + TarBlocks.member($1.size) } < partSize)
            #expect(!part.pieces.isEmpty)
        }
    }

    @Test("what is not carried is in no part; an export of nothing is one part") func nothing() throws {
        var random = SeededGenerator(seed: 1)
        let list = list(count: 5, partSize: nil, isCarried: false, &random)
        let parts = try PartLayout(list).parts
        #expect(parts.count == 1 && parts[0].pieces.isEmpty)
    }

    @Test("parts that are too small or too many are refused, not made") func refused() throws {
        var random = SeededGenerator(seed: 2)
        #expect(throws: CarryingError.self) { try PartLayout(list(count: 60, partSize: 40_000, &random)) }
        let many = (0..<200).map { number in
            PackingList.Entry(
                digest: Digest(hashing: [9, UInt8(number)]), size: PackingList.blobLimit, isCarried: true)
        }
        let index = PackingList.Entry(digest: Digest(hashing: [255]), size: 500, isCarried: true)
        let long = PackingList(
            cluster: "c", epoch: Timestamp(secondsSince1970: 0), bundle: index.digest, since: nil, partSize: 1 << 20,
            blobs: many + [index], payloads: [])
        #expect(throws: CarryingError.tooManyParts(size: 1 << 20, limit: 9999)) { try PartLayout(long) }
    }

    @Test("a packing list is read in its one spelling, and what cannot be one is refused") func spelling() throws {
        var random = SeededGenerator(seed: 3)
        let list = list(count: 9, partSize: 1 << 30, &random)
        #expect(try PackingList(parsing: list.encoded) == list)
        let text = String(decoding: list.encoded, as: UTF8.self)
        for wrong in [
            text.replacing("\"version\":1", with: "\"version\":2"),
            text.replacing("\"cluster\":\"c\"", with: "\"cluster\":\"../c\""),
            text.replacing("\"bundle\":\"sha256:", with: "\"bundle\":\"sha512:"),
            text.replacing("\"partSize\":1073741824", with: "\"partSize\":0"),
            text.replacing("\"payload\":\"p", with: "\"payload\":\"../p"),
            text.replacing("\"size\":", with: "\"size\":-"), text.replacing("\"epoch\"", with: "\"other\""),
        ] {
            #expect(wrong != text)
            #expect(throws: FormatError.self) { try PackingList(parsing: Array(wrong.utf8)) }
        }
    }

    @Test("the file system of a path is found by its device number")
    func mounts() {
        let text = """
            22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
            31 22 8:17 / /media/disk rw,nosuid shared:2 - vfat /dev/sdb1 rw,fmask=0022
            32 22 259:65541 / /media/other rw - exfat /dev/x rw
            """
        #expect(MountTable.fileSystem(ofDevice: 0x811, in: text) == "vfat")
        #expect(MountTable.fileSystem(ofDevice: 0xFE00, in: text) == "ext4")
        #expect(MountTable.fileSystem(ofDevice: 0x1001_0305, in: text) == "exfat")
        #expect(MountTable.fileSystem(ofDevice: 0x812, in: text) == nil)
    }

    private func list(
        count: Int, partSize: Int64?, isCarried: Bool = true, _ random: inout SeededGenerator
    ) -> PackingList {
        let entries = (0..<count).map { number in
            let sizes: [Int64] = [0, 1, 512, 4096, 70_000, 900_000, 5_000_000]
            let size = sizes.randomElement(using: &random) ?? 0
            return PackingList.Entry(
                digest: Digest(hashing: [UInt8(number)]),
                size: size == 0 ? 0 : Int64.random(in: 1...size, using: &random),
                isCarried: isCarried, payload: number > count / 2 ? "p\(number)" : nil)
        }
        let index = PackingList.Entry(digest: Digest(hashing: [255]), size: 500, isCarried: true)
        return PackingList(
            cluster: "c", epoch: Timestamp(secondsSince1970: 1_767_225_600), bundle: index.digest, since: nil,
            partSize: partSize, blobs: entries.filter { $0.payload == nil } + [index],
            payloads: entries.filter { $0.payload != nil })
    }
}
