/// A drive: an element of the section `Drive`.
struct UTMDrive: Hashable, Sendable {
    enum ImageType: String, Hashable, Sendable {
        case disk = "Disk"
        case cd = "CD"
    }

    /// The guest sees it as the serial number of its virtio disk, without dashes and cut to 20 characters: `SLIPWAY`
    /// becomes /dev/disk/by-id/virtio-SLIPWAY.
    var identifier: String
    /// The name of a file in the package's directory Data.
    var imageName: String
    var imageType: ImageType
    var interface = "VirtIO"
    var isReadOnly: Bool

    init(identifier: String, imageName: String, imageType: ImageType, isReadOnly: Bool) {
        self.identifier = identifier
        self.imageName = imageName
        self.imageType = imageType
        self.isReadOnly = isReadOnly
    }

    /// What the machine boots from, and the only drive that it writes.
    static func disk(identifier: String) -> UTMDrive {
        UTMDrive(identifier: identifier, imageName: "disk.qcow2", imageType: .disk, isReadOnly: false)
    }

    static let seed = UTMDrive(identifier: "SEED", imageName: "seed.iso", imageType: .cd, isReadOnly: true)

    static func depot(label: String) -> UTMDrive {
        UTMDrive(identifier: label, imageName: "depot.iso", imageType: .cd, isReadOnly: true)
    }

    /// The serial number that the guest sees.
    var serial: String { String(identifier.filter { $0 != "-" }.prefix(20)) }

    var propertyList: PropertyList {
        [
            "Identifier": .string(identifier), "ImageName": .string(imageName),
            "ImageType": .string(imageType.rawValue),
            "Interface": .string(interface), "InterfaceVersion": 1, "ReadOnly": .bool(isReadOnly),
        ]
    }
}
