import HostSystem
import Launching
import TestSupport

typealias TemporaryDirectory = Scratch
typealias Files = HostSystem.Files<LaunchError>
typealias FileCopy = HostSystem.FileCopy<LaunchError>
